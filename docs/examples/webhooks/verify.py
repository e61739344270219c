import base64, hashlib, hmac, json, re, time


# headers: names in lower case; body: the raw bytes. Returns the event, or None where it is not from OneRing or too old.
def verify(headers, body, secret):
    msg_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not re.fullmatch("[0-9]{1,12}", timestamp) or abs(time.time() - int(timestamp)) > 300:
        return None
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = hmac.new(key, f"{msg_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    expected = b"v1," + base64.b64encode(expected)
    signatures = headers.get("webhook-signature", "").encode().split(b" ")
    return json.loads(body) if any(hmac.compare_digest(expected, one) for one in signatures) else None
