// Whether the files that are named hold as AsyncAPI documents: prints what does not, and counts.
//
// Every finding counts, hints too: there is nothing in the document that wants to be overlooked.

import { Parser, fromFile } from "@asyncapi/parser";

const parser = new Parser();
let [passed, failed] = [0, 0];
for (const path of process.argv.slice(2)) {
  const { document, diagnostics } = await fromFile(parser, path).parse();
  for (const { code, message, path: place } of diagnostics) {
    console.log(`${path}: ${place.join(".")}: ${message} (${code})`);
  }
  const operations = document?.operations().length ?? 0;
  const sound = diagnostics.length === 0 && operations > 0;
  if (sound) console.log(`${path}: AsyncAPI ${document.version()}, ${operations} operations`);
  sound ? passed++ : failed++;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
