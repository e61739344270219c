// Verifies a phone number by missed call: go run client.go +447400123456
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"
)

type reply struct {
	ID, Code, Detail string
	Valid            bool
	CodeLength       int `json:"code_length"`
	ChecksLeft       int `json:"checks_left"`
	Errors           []struct{ Pointer, Detail string }
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func env(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

func post(path string, body map[string]string, idempotencyKey string) (result reply) {
	text := bytes.NewReader(must(json.Marshal(body)))
	request := must(http.NewRequest("POST", env("ONERING_URL", "http://127.0.0.1:8080")+path, text))
	request.Header.Set("Authorization", "Bearer "+env("ONERING_KEY", "sandbox-key"))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", idempotencyKey)
	client := http.Client{Timeout: 30 * time.Second}
	response := must(client.Do(request))
	defer response.Body.Close()
	must(true, json.NewDecoder(response.Body).Decode(&result))
	if response.StatusCode >= 400 {
		for _, one := range result.Errors {
			result.Detail += "\n  " + one.Pointer + " " + one.Detail
		}
		log.Fatalf("%s: %s", result.Code, result.Detail)
	}
	return result
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run client.go +447400123456")
		os.Exit(2)
	}
	random := make([]byte, 16)
	must(rand.Read(random))
	started := post("/v1/verifications", map[string]string{"to": os.Args[1]}, fmt.Sprintf("%x", random))
	for left := started.ChecksLeft; left > 0; {
		var code string
		fmt.Printf("Last %d digits of the number that called: ", started.CodeLength)
		must(fmt.Scanln(&code))
		checked := post("/v1/verifications/"+started.ID+"/check", map[string]string{"code": code}, "")
		if checked.Valid {
			fmt.Println("verified")
			return
		}
		left = checked.ChecksLeft
		fmt.Printf("wrong, %d checks left\n", left)
	}
	os.Exit(1)
}
