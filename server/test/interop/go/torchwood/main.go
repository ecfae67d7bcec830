// Command torchwood is another implementation on the other side of each of our protocols:
//
//	torchwood verify -dir DIR -policy FILE          reads a cosigned log under a policy
//	torchwood submit [-url URL -vkey VKEY]          is a log that asks a witness for cosignatures
//	torchwood witness -bin FILE -dir DIR -log VKEY  runs litewitness for a log, until standard input ends
package main

import (
	"fmt"
	"os"
)

func main() {
	commands := map[string]func([]string) error{"verify": verify, "submit": submit, "witness": witness}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "torchwood: verify, submit or witness")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "torchwood:", err)
		os.Exit(1)
	}
}
