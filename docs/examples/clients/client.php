<?php // Verifies a phone number by missed call: php client.php +447400123456
function post(string $path, array $body, string ...$headers): array {
    $key = getenv('ONERING_KEY') ?: 'sandbox-key';
    $http = ['method' => 'POST', 'timeout' => 30, 'ignore_errors' => true, 'content' => json_encode($body),
        'header' => ["Authorization: Bearer $key", 'Content-Type: application/json', ...$headers]];
    $api = getenv('ONERING_URL') ?: 'http://127.0.0.1:8080';
    $text = file_get_contents($api . $path, false, stream_context_create(['http' => $http]));
    $answer = json_decode($text === false ? '' : $text, true, 16, JSON_THROW_ON_ERROR);
    if (isset($answer['detail'])) { // a problem, RFC 9457
        fwrite(STDERR, "{$answer['code']}: {$answer['detail']}\n");
        foreach ($answer['errors'] ?? [] as $error) fwrite(STDERR, "  {$error['pointer']} {$error['detail']}\n");
        exit(1);
    }
    return $answer;
}

if ($argc !== 2) {
    fwrite(STDERR, "usage: php client.php +447400123456\n");
    exit(2);
}
$started = post('/v1/verifications', ['to' => $argv[1]], 'Idempotency-Key: ' . bin2hex(random_bytes(16)));
do {
    echo "Last {$started['code_length']} digits of the number that called: ";
    $answer = post("/v1/verifications/{$started['id']}/check", ['code' => trim((string) fgets(STDIN))]);
    echo $answer['valid'] ? "verified\n" : "wrong, {$answer['checks_left']} checks left\n";
} while (!$answer['valid'] && $answer['checks_left'] > 0);
exit($answer['valid'] ? 0 : 1);
