<?php
// $headers: names in lower case; $body: file_get_contents("php://input"). Returns the event, or null where it is not from
// OneRing or too old.
function verify(array $headers, string $body, string $secret): ?array {
    [$id, $timestamp] = [$headers["webhook-id"] ?? "", $headers["webhook-timestamp"] ?? ""];
    if (abs(time() - (int) $timestamp) > 300) return null;
    $key = base64_decode(substr($secret, strlen("whsec_")));
    $expected = "v1," . base64_encode(hash_hmac("sha256", "$id.$timestamp.$body", $key, true));
    foreach (explode(" ", $headers["webhook-signature"] ?? "") as $signature) {
        if (hash_equals($expected, $signature)) return json_decode($body, true);
    }
    return null;
}
