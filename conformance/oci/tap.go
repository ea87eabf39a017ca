// Package tap prints results in the Test Anything Protocol: as much of github.com/mndrix/tap-go as the validation suite calls,
// because Debian has no package of that. Results and diagnostics go to standard output.
package tap

import (
	"encoding/json"
	"fmt"
	"strings"
)

// T numbers the results of one program.
type T struct {
	results *int
	todo    string
}

// New begins with result 1.
func New() *T {
	return &T{results: new(int)}
}

// Todo gives the same numbers to results that the test itself calls unfinished.
func (t *T) Todo() *T {
	return &T{results: t.results, todo: " # TODO"}
}

// Header starts the output; a program that does not know yet how many results there will be says 0, and calls AutoPlan in the end.
func (t *T) Header(results int) {
	fmt.Println("TAP version 13")
	if results > 0 {
		fmt.Printf("1..%d\n", results)
	}
}

// AutoPlan promises what has been printed.
func (t *T) AutoPlan() {
	fmt.Printf("1..%d\n", *t.results)
}

// Ok is one result.
func (t *T) Ok(passed bool, what string) {
	t.result(passed, " - "+what+t.todo)
}

// Pass is one result, a good one.
func (t *T) Pass(what string) {
	t.Ok(true, what)
}

// Fail is one result, a bad one.
func (t *T) Fail(what string) {
	t.Ok(false, what)
}

// Skip gives as many results as were left out.
func (t *T) Skip(results int, why string) {
	for ; results > 0; results-- {
		t.result(true, " # SKIP "+why)
	}
}

// Diagnostic is text about the last result.
func (t *T) Diagnostic(text string) {
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		fmt.Println("# " + line)
	}
}

// Diagnosticf is Diagnostic with a format.
func (t *T) Diagnosticf(format string, values ...interface{}) {
	t.Diagnostic(fmt.Sprintf(format, values...))
}

// YAML is a block about the last result. JSON is YAML.
func (t *T) YAML(value interface{}) error {
	text, err := json.MarshalIndent(value, "  ", "  ")
	if err == nil {
		fmt.Printf("  ---\n  %s\n  ...\n", text)
	}
	return err
}

func (t *T) result(passed bool, text string) {
	*t.results++
	if !passed {
		fmt.Print("not ")
	}
	fmt.Printf("ok %d%s\n", *t.results, strings.ReplaceAll(text, "\n", " "))
}
