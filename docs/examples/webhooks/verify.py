import base64, hashlib, hmac, json, time


# headers: names in lower case; body: the raw bytes. Returns the event, or None where it is not from OneRing or too old.
def verify(headers, body, secret):
    msg_id, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(time.time() - int(timestamp)) > 300:
        return None
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = hmac.new(key, f"{msg_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(expected).decode()
    signatures = headers["webhook-signature"].split(" ")
    return json.loads(body) if any(hmac.compare_digest(expected, one) for one in signatures) else None
