// Counts the lines, words and bytes of a file and names its commonest words.
package main

import (
	"bytes"
	"fmt"
	"os"
	"sort"
	"strings"
)

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	words := strings.FieldsFunc(string(text), func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z')
	})
	counts := map[string]int{}
	for _, word := range words {
		if len(word) > 31 {
			word = word[:31]
		}
		counts[strings.ToLower(word)]++
	}
	kinds := make([]string, 0, len(counts))
	for word := range counts {
		kinds = append(kinds, word)
	}
	sort.Slice(kinds, func(i, j int) bool {
		a, b := kinds[i], kinds[j]
		return counts[a] > counts[b] || counts[a] == counts[b] && a < b
	})
	fmt.Printf("%d lines, %d words, %d bytes\n", bytes.Count(text, []byte("\n")), len(words), len(text))
	for i := 0; i < len(kinds) && i < 3; i++ {
		fmt.Println(counts[kinds[i]], kinds[i])
	}
}
