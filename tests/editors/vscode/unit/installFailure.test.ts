/** Why an installation failed: in pip's and uv's own words, and with a remedy. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { explainFailure } from "../../../../editors/vscode/src/installFailure";

const END = "ERROR: Cannot install fim-language-server==0.1.0 because these package versions have conflicting dependencies.";
const NONE = "ERROR: Could not find a version that satisfies the requirement attrs==25.4.0 (from versions: none)\nERROR: No matching distribution found for attrs==25.4.0";
const retrying = (why: string): string =>
  `WARNING: Retrying (Retry(total=4, connect=None, read=None, redirect=None, status=None)) after connection broken by '${why}': /simple/attrs/`;
const uv = (...causes: string[]): string =>
  ["error: Request failed after 3 retries in 4.7s", "Failed to fetch: https://packages.example/simple/attrs/", ...causes].join("\n  cause: ");

/** What was written, by the beginning of the sentence that is told. */
const FAILURES: [string, string][] = [
  [retrying("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:1006)'))"), "The certificate"],
  ["Could not fetch URL https://packages.example/simple/pip/: There was a problem confirming the ssl certificate: HTTPSConnectionPool(host='packages.example', port=443) - skipping", "The certificate"],
  [uv("error sending request for url", "client error (Connect)", "invalid peer certificate: UnknownIssuer"), "The certificate"],
  [retrying("ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 502 Bad Gateway'))"), "The proxy does not"],
  [retrying("ProxyError('Unable to connect to proxy', NewConnectionError('<…>: Failed to establish a new connection: [Errno 111] Connection refused'))"), "The proxy does not"],
  [retrying("ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 Proxy Authentication Required'))"), "The proxy asks"],
  [uv("client error (Connect)", "tunnel error: unsuccessful", "unsuccessful tunnel"), "The proxy does not"],
  [uv("client error (Connect)", "proxy authorization required: 407"), "The proxy asks"],
  [retrying("NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno -2] Name or service not known')"), "The host"],
  [retrying("NameResolutionError(\"<HTTPSConnection object>: Failed to resolve 'packages.example' ([Errno 11001] getaddrinfo failed)\")"), "The host"],
  [uv("client error (Connect)", "dns error", "failed to lookup address information: Temporary failure in name resolution"), "The host"],
  [retrying("NewConnectionError('<…>: Failed to establish a new connection: [Errno 111] Connection refused')"), "The package index cannot be reached"],
  [retrying("NewConnectionError('<…>: Failed to establish a new connection: [WinError 10061] No connection could be made because the target machine actively refused it')"), "The package index cannot be reached"],
  [uv("client error (Connect)", "tcp connect error", "Connection refused (os error 111)"), "The package index cannot be reached"],
  [retrying("ConnectTimeoutError(<…>, 'Connection to packages.example timed out. (connect timeout=15)')"), "The package index did not answer"],
  [retrying("ReadTimeoutError(\"HTTPSConnectionPool(host='packages.example', port=443): Read timed out. (read timeout=15)\")"), "The package index did not answer"],
  ["ERROR: HTTP error 403 while getting https://packages.example/attrs.whl\nERROR: 403 Client Error: Forbidden for url: https://packages.example/simple/attrs/", "The package index refuses"],
  [uv("HTTP status client error (401 Unauthorized) for url (https://packages.example/simple/)"), "The package index refuses"],
  [retrying("ProtocolError('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))"), "The connection to the package index broke off"],
  ["ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "The disk is full"],
  ["ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/home/ann/x'", "A file could not be written"],
  ["ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "A package is not the one"],
  ["Looking in indexes: https://mirror.example/simple", "The package index offers none"],
];

for (const [written, sentence] of FAILURES) {
  test(`the cause is told, whatever pip ends with: ${written.replaceAll("\n", " ").slice(-70)}`, () => {
    for (const end of [END, NONE, `${NONE}\n\n[notice] A new release of pip is available: 23.0.1 -> 26.0`]) {
      const told = explainFailure(`Looking in indexes: https://packages.example/simple\n${written}\n${written}\n${end}\n`);
      assert.ok(told.startsWith(sentence), told);
      assert.match(told, /It said: “.+”$/s);
      assert.ok(told.length < 700, `${told.length}`);
      assert.equal(/needs the network once/.test(told), !/^(The disk|A file)/.test(sentence), told);
    }
  });
}

test("what is not known is quoted: the line that calls itself an error, else the last one", () => {
  assert.match(explainFailure("one\nERROR: something new\ntwo\n"), /It said: “ERROR: something new”$/);
  assert.match(explainFailure("one\ntwo\n"), /It said: “two”$/);
  assert.match(explainFailure(""), /It said: nothing$/);
});

test("a long line is cut around the cause, and addresses are quoted without their passwords", () => {
  const told = explainFailure(`ERROR: ${"x".repeat(5000)} https://ann:secret@packages.example/ Read timed out ${"y".repeat(5000)}`);
  assert.match(told, /It said: “….*Read timed out.*…”$/);
  assert.ok(!told.includes("secret"), told);
  assert.ok(told.length < 700);
});
