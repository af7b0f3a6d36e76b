package main

import (
	"fmt"
	"runtime/debug"
)

// version is set by the build.
var version = "dev"

// versionCmd prints the version and how the program was built.
type versionCmd struct{}

func (versionCmd) Run(e *env) error {
	fmt.Fprintf(e.out, "wakakusa %s", version)
	if info, ok := debug.ReadBuildInfo(); ok {
		fmt.Fprintf(e.out, " (%s)", info.GoVersion)
	}
	fmt.Fprintln(e.out)
	return nil
}
