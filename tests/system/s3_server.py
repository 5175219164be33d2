"""A small S3: objects in memory, every signature recomputed, and faults on demand. Threads, loopback only."""
# SPDX-License-Identifier: Apache-2.0
import hashlib
import hmac
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit, parse_qsl, quote

KEY_ID, SECRET, TOKEN, REGION = "AKIDTEST", "s3cr3t/with+signs", "token/of+a=session", "eu-test-7"


def signature(secret, method, path, query, headers, signed, payload, region, service="s3"):
    """The signature of a request, from AWS's description alone; `path` as it came, `query` decoded pairs."""
    pairs = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in query)
    lines = [method, path, "&".join(f"{k}={v}" for k, v in pairs)]
    lines += [f"{name}:{' '.join(headers[name].split())}" for name in signed] + ["", ";".join(signed), payload]
    date = headers["x-amz-date"]
    scope = f"{date[:8]}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()}"
    key = ("AWS4" + secret).encode()
    for step in (date[:8], region, service, "aws4_request"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", headers=(), length=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.server.seen.append((self.command, self.path, status, dict(self.headers)))

    def refuse(self, status, code, message, headers=()):
        self.answer(status, f'<?xml version="1.0"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'.encode(), headers)

    def is_signed(self, payload):
        """What is wrong with the signature, or None."""
        headers = {k.lower(): v for k, v in self.headers.items()}
        m = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})",
                         headers.get("authorization", ""))
        if not m:
            return "no authorization" if self.server.keys else None
        name, _, region, signed, given = m.groups()
        if name != KEY_ID or region != self.server.region:
            return f"key {name} or region {region}"
        signed = signed.split(";")
        if signed != sorted(signed) or not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(signed):
            return "headers " + ";".join(signed)
        if self.server.token and (headers.get("x-amz-security-token") != TOKEN or "x-amz-security-token" not in signed):
            return "token"
        if headers["x-amz-content-sha256"] != payload:
            return "payload"
        parts = urlsplit(self.path)
        want = signature(SECRET, self.command, parts.path, parse_qsl(parts.query, keep_blank_values=True), headers, signed, payload, region)
        return None if want == given else "signature"

    def fault(self):
        """The next fault for this object, if one is planted."""
        with self.server.lock:
            planted = self.server.faults.get(unquote(self.path), [])
            return planted.pop(0) if planted else None

    def broken(self, body, status, headers):
        """Plays a planted fault; False: there is none."""
        fault = self.fault()
        if fault is None:
            return False
        if fault == "truncate":  # half the body, then the connection is gone
            self.answer(status, body[: len(body) // 2], headers, length=len(body))
            self.close_connection = True
            self.connection.close()
        elif fault == "drop":
            self.close_connection = True
            self.connection.close()
        elif fault == "slow":
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            for k in range(len(body)):
                self.wfile.write(body[k:k + 1])
                self.wfile.flush()
                time.sleep(1)
        elif fault == "move":
            self.refuse(301, "PermanentRedirect", "elsewhere", [("x-amz-bucket-region", self.server.region)])
        else:
            self.refuse(fault, "SlowDown" if fault == 503 else "InternalError", "planted")
        return True

    def do_GET(self):
        path = unquote(self.path)
        wrong = self.is_signed(hashlib.sha256(b"").hexdigest())
        if wrong and not self.server.faults.get(path):
            return self.refuse(403, "SignatureDoesNotMatch", wrong)
        body = self.server.objects.get(path)
        if body is None:
            return self.refuse(404, "NoSuchKey", "The specified key does not exist.")
        etag, status, headers = '"' + hashlib.md5(body).hexdigest() + '"', 200, []
        if self.headers.get("Range"):
            if self.headers.get("If-Match") != etag:
                return self.refuse(412, "PreconditionFailed", "another object")
            first = int(re.fullmatch(r"bytes=(\d+)-", self.headers["Range"]).group(1))
            body, status = body[first:], 206
        headers = [("ETag", etag)]
        try:
            if not self.broken(body, status, headers):
                self.answer(status, body, headers)
        except OSError:
            pass

    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        wrong = self.is_signed(hashlib.sha256(body).hexdigest())
        if wrong:
            return self.refuse(403, "SignatureDoesNotMatch", wrong)
        if not self.broken(b"", 200, []):
            self.server.objects[unquote(self.path)] = body
            self.answer(200, headers=[("ETag", '"' + hashlib.md5(body).hexdigest() + '"')])


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects, self.faults, self.seen = {}, {}, []
        self.keys, self.token, self.region = True, False, REGION
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"
