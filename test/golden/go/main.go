// Reads files of golden vectors with vmihailenco/msgpack and prints what each means, one JSON value a line.
package main

import (
	"encoding/hex"
	"encoding/json"
	"log"
	"os"

	"github.com/vmihailenco/msgpack/v5"
)

func main() {
	for _, path := range os.Args[1:] {
		file, err := os.ReadFile(path)
		check(err)
		var vectors []struct{ Hex string }
		check(json.Unmarshal(file, &vectors))
		for _, vector := range vectors {
			body, err := hex.DecodeString(vector.Hex)
			check(err)
			var value any
			check(msgpack.Unmarshal(body, &value))
			check(json.NewEncoder(os.Stdout).Encode(shown(value)))
		}
	}
}

// shown replaces bytes by what JSON can say.
func shown(value any) any {
	switch value := value.(type) {
	case []byte:
		return map[string]string{"bytes": hex.EncodeToString(value)}
	case []any:
		for i := range value {
			value[i] = shown(value[i])
		}
	case map[string]any:
		for key := range value {
			value[key] = shown(value[key])
		}
	}
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
