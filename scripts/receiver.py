"""A server on this machine that webhooks of a service under test are sent to."""

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
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                self.send_response(answer(self.path, headers, body))
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
        """With which a service calls it: on this machine and without TLS, which it does not otherwise."""
        return {
            "INVOICE_OCR__WEBHOOKS__ALLOWED_NETWORKS": '["127.0.0.1/32"]',
            "INVOICE_OCR__WEBHOOKS__PORTS": f"[{self.port}]",
            "INVOICE_OCR__WEBHOOKS__PLAIN_HTTP": "true",
        }

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"
