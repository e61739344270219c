#!/usr/bin/env bash
# Verifies a phone number by missed call: ./curl.sh +447400123456
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: $0 +447400123456" >&2; exit 2; }
api=${ONERING_URL:-http://127.0.0.1:8080}
headers=(-H "Authorization: Bearer ${ONERING_KEY:-sandbox-key}" -H 'Content-Type: application/json')

post() { answer=$(curl -sS --max-time 30 "$api$1" "${headers[@]}" "${@:3}" -d "$2"); }
field() { grep -oP "\"$1\":\"?\K[^\",}]*" <<<"$answer" | head -1; }

post /v1/verifications "{\"to\": \"$1\"}" -H "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)"
id=$(field id) || { echo "refused: $answer" >&2; exit 1; }
digits=$(field code_length)
while [ "$(field checks_left)" -gt 0 ]; do
  printf 'Last %s digits of the number that called: ' "$digits"
  read -r code
  post "/v1/verifications/$id/check" "{\"code\": \"${code//[^0-9]/}\"}"
  case $(field valid) in
    true) echo verified; exit ;;
    false) echo "wrong, $(field checks_left) checks left" ;;
    *) echo "refused: $answer" >&2; exit 1 ;;
  esac
done
exit 1
