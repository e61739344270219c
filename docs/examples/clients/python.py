"""Verifies a phone number by missed call: python3 python.py +447400123456"""
import json, os, sys, urllib.error, urllib.request, uuid

API = os.environ.get("ONERING_URL", "http://127.0.0.1:8080")
KEY = os.environ.get("ONERING_KEY", "sandbox-key")


def post(path, body, headers={}):
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", **headers}
    request = urllib.request.Request(API + path, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        problem = json.load(error)
        errors = [f"\n  {one['pointer']} {one['detail']}" for one in problem.get("errors", [])]
        sys.exit(f"{problem['code']}: {problem['detail']}{''.join(errors)}")


if len(sys.argv) != 2:
    print("usage: python3 python.py +447400123456", file=sys.stderr)
    sys.exit(2)
started = post("/v1/verifications", {"to": sys.argv[1]}, {"Idempotency-Key": str(uuid.uuid4())})
answer = started
while not answer.get("valid") and answer["checks_left"] > 0:
    code = input(f"Last {started['code_length']} digits of the number that called: ")
    answer = post(f"/v1/verifications/{started['id']}/check", {"code": code})
    print("verified" if answer["valid"] else f"wrong, {answer['checks_left']} checks left", flush=True)
sys.exit(not answer["valid"])
