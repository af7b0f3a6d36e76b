package main

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"

	"wakakusa"
)

// configCmd prints what is in force, and where it came from.
type configCmd struct {
	Litestream bool `help:"Print the litestream.yml that is built in, as a beginning of your own."`
}

func (c configCmd) Run(e *env) error {
	if c.Litestream {
		_, err := e.out.Write(wakakusa.Litestream)
		return err
	}
	v := reflect.ValueOf(e.config)
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("env")
		if name == "" {
			continue
		}
		from := fromDefault
		if given, ok := e.config.given[name]; ok {
			from = given.from
		}
		fmt.Fprintf(e.out, "%-60s # %s\n", name+"="+hidden(name, shown(v.Field(i))), from)
	}
	for _, notice := range e.config.notices() {
		fmt.Fprintf(e.out, "# %s\n", notice)
	}
	return nil
}

// shown is a value as it is written in the settings file.
func shown(v reflect.Value) string {
	if list, ok := v.Interface().([]string); ok {
		return strings.Join(list, ",")
	}
	return fmt.Sprint(v.Interface())
}

const covered = "********"

// hidden is a value without its secret: that of an address is the password in it.
func hidden(name, text string) string {
	f, ok := fieldOf(name)
	switch {
	case !ok || text == "" || f.Tag.Get("secret") == "":
		return text
	case f.Tag.Get("secret") == "url":
		return withoutPassword(text)
	}
	return covered
}

func fieldOf(name string) (reflect.StructField, bool) {
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("env") == name {
			return t.Field(i), true
		}
	}
	return reflect.StructField{}, false
}

// withoutPassword covers the password in an address, and all of what is no address.
func withoutPassword(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" {
		return covered
	}
	if _, inside := u.User.Password(); inside {
		return strings.Replace(u.Redacted(), ":xxxxx@", ":"+covered+"@", 1)
	}
	return text
}
