/** VS Code's proxy and the machine's certificates as variables, where the environment says nothing itself. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { networkVariables, readNetworkSettings } from "../../../../editors/vscode/src/network";

const PROXY = "http://proxy.example:3128";
const BOTH = { HTTPS_PROXY: PROXY, https_proxy: PROXY, HTTP_PROXY: PROXY, http_proxy: PROXY };
const LOCAL = "localhost,127.0.0.1,::1";

function variables(env: NodeJS.ProcessEnv, settings: Record<string, unknown>, certificates?: string): Record<string, string> {
  return networkVariables(env, readNetworkSettings((key) => settings[key]), certificates);
}

test("VS Code's proxy is handed on, and this machine is reached without it", () => {
  assert.deepEqual(variables({}, { proxy: ` ${PROXY} ` }), { ...BOTH, NO_PROXY: LOCAL, no_proxy: LOCAL });
  const withExceptions = variables({}, { proxy: PROXY, noProxy: ["*.example", ".lan", 3] });
  assert.equal(withExceptions.NO_PROXY, `${LOCAL},*.example,.lan`);
});

for (const name of ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "Https_Proxy"]) {
  test(`a proxy of the environment goes first: ${name}`, () => {
    assert.deepEqual(variables({ [name]: "http://other.example" }, { proxy: PROXY }), {});
    assert.equal(variables({ [name]: "" }, { proxy: PROXY }).HTTPS_PROXY, PROXY);
  });
}

test("hosts that the environment excepts stay excepted", () => {
  assert.deepEqual(variables({ no_proxy: "*" }, { proxy: PROXY }), BOTH);
});

test("without a proxy, with a wrong one, or where extensions are to use none, nothing is set", () => {
  for (const settings of [{}, { proxy: "" }, { proxy: 3 }, { proxy: "proxy.example" }, { proxy: "ftp://x" }, { proxy: "http://a b" }, { proxy: PROXY, proxySupport: "off" }]) {
    assert.deepEqual(variables({}, settings), {}, JSON.stringify(settings));
  }
});

test("the machine's certificates are handed on, unless the environment names some", () => {
  const file = "/x/certificates.pem";
  assert.deepEqual(variables({}, {}, file), { REQUESTS_CA_BUNDLE: file, SSL_CERT_FILE: file });
  for (const name of ["PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]) {
    assert.deepEqual(variables({ [name]: "/company.pem" }, {}, file), { SSL_CERT_FILE: file }, name);
  }
  for (const name of ["SSL_CERT_FILE", "SSL_CERT_DIR"]) {
    assert.deepEqual(variables({ [name]: "/company.pem" }, {}, file), { REQUESTS_CA_BUNDLE: file }, name);
  }
});
