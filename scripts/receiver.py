"""A server on this machine that programs under test send to: webhooks, alerts, spans."""

import http
import http.server
import threading


class Receiver:
    """A context manager; inside, `port` is where it listens. What it answers is for who inherits from it."""

    def answer(self, path, headers, body):
        """The status for a post; `headers` by their names in lower case."""
        raise NotImplementedError

    def __enter__(self):
        answer = self.answer

        class Handler(http.server.BaseHTTPRequestHandler):
            # Connections stay open, as with what people run.
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = answer(self.path, headers, body)
                self.send_response(status)
                # RFC 9110, 8.6: an answer 204 has no such field.
                if status != http.HTTPStatus.NO_CONTENT:
                    self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @property
    def settings(self):
        """With which a service sends its webhooks here: to this machine and without TLS, which it does not otherwise."""
        return {
            "INVOICE_OCR__WEBHOOKS__ALLOWED_NETWORKS": '["127.0.0.1/32"]',
            "INVOICE_OCR__WEBHOOKS__PORTS": f"[{self.port}]",
            "INVOICE_OCR__WEBHOOKS__PLAIN_HTTP": "true",
        }

    def url(self, path=""):
        return f"http://127.0.0.1:{self.port}{path}"
