package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"wakakusa/check"
)

// checkCmd judges the installation. It may run beside the program and before its first start.
type checkCmd struct {
	Deploy  bool   `help:"All that must be right before people use the site, too."`
	Strict  bool   `help:"Fail on warnings, too." xor:"how"`
	Start   bool   `help:"Before a start: tell everything, but fail only on what was set up so, not on what came with time, such as a full disk." xor:"how"`
	JSON    bool   `name:"json" help:"As JSON."`
	Headers string `placeholder:"URL" help:"Judge the headers of a site instead, as Mozilla's HTTP Observatory does."`
	Plain   string `placeholder:"URL" help:"With --headers: where the site answers http, if not at port 80."`
	CA      string `name:"ca" type:"existingfile" help:"With --headers: file with the certificate of an authority to trust."`
	Least   int    `default:"100" help:"With --headers: fail below so many points."`
}

// verdict is what check prints.
type verdict struct {
	Deploy   bool            `json:"deploy"`
	OK       bool            `json:"ok"`
	Errors   int             `json:"errors"`
	Warnings int             `json:"warnings"`
	Accepted int             `json:"accepted"`
	Findings []check.Finding `json:"findings"`
	Notes    []string        `json:"notes,omitempty"`
}

func (c checkCmd) Run(e *env) error {
	if c.Headers != "" {
		return c.judgeHeaders(e)
	}
	return c.judge(e.ctx, e.out, observer{cfg: e.config, problems: e.problems, now: time.Now, uid: os.Geteuid()})
}

func (c checkCmd) judge(ctx context.Context, out io.Writer, o observer) error {
	v := c.verdict(o.facts(ctx, c.Deploy))
	if c.JSON {
		text, err := json.MarshalIndent(v, "", " ")
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\n", text)
	} else {
		v.print(out)
	}
	if !v.OK {
		return fmt.Errorf("check: %d errors, %d warnings", v.Errors, v.Warnings)
	}
	return nil
}

func (c checkCmd) verdict(f *check.Facts) verdict {
	v := verdict{Deploy: c.Deploy, Findings: append([]check.Finding{}, check.Find(f)...)}
	let := 0
	for _, x := range v.Findings {
		switch {
		case x.Accepted != nil:
			v.Accepted++
		case x.Level == check.Error:
			v.Errors++
			if x.Passing && c.Start {
				let++
			}
		default:
			v.Warnings++
		}
	}
	v.OK = v.Errors == let && (v.Warnings == 0 || !c.Strict)
	if f.Database.Missing {
		v.Notes = append(v.Notes, "データベースはまだありません。最初の起動で作られます。")
	}
	if f.Certificate != nil && f.Certificate.Waiting {
		v.Notes = append(v.Notes, "証明書はまだありません。最初に HTTPS で開かれたときに取ります。")
	}
	return v
}

var levels = map[check.Level]string{check.Error: "エラー", check.Warning: "警告"}

func (v verdict) print(out io.Writer) {
	for _, x := range v.Findings {
		if x.Accepted != nil {
			fmt.Fprintf(out, "受け入れ済み  %s  %s\n  理由: %s(%s まで)\n", x.ID, x.What, x.Accepted.Reason, x.Accepted.Until)
			continue
		}
		fmt.Fprintf(out, "%s  %s  %s\n  直し方: %s\n", levels[x.Level], x.ID, x.What, x.Cure)
	}
	for _, note := range v.Notes {
		fmt.Fprintln(out, note)
	}
	if len(v.Findings) == 0 {
		fmt.Fprintln(out, "問題は見つかりませんでした。")
		return
	}
	fmt.Fprintf(out, "エラー %d 件、警告 %d 件、受け入れ済み %d 件\n", v.Errors, v.Warnings, v.Accepted)
}
