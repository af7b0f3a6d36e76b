package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"path/filepath"
	"reflect"
	"strings"

	"filippo.io/age"

	"wakakusa/seal"
)

// initCmd writes a settings file in which every setting is explained. What must be set is asked for; all else is a comment with its default.
type initCmd struct {
	PublicURL string `name:"public-url" required:"" placeholder:"URL" help:"How people will reach it, such as https://shift.example.jp."`
	Data      string `name:"data" default:"/var/lib/wakakusa/data" help:"Directory for the data."`
	Proxy     string `placeholder:"CIDR" help:"Address of the proxy that speaks HTTPS. Without any choice: one on this machine." xor:"tls"`
	TLSCert   string `name:"tls-cert" placeholder:"FILE" help:"Speak HTTPS with this certificate." and:"pair" xor:"tls"`
	TLSKey    string `name:"tls-key" placeholder:"FILE" help:"Its key." and:"pair"`
	ACMEEmail string `name:"acme-email" placeholder:"ADDRESS" help:"Speak HTTPS with certificates that come by themselves (ACME)." xor:"tls"`
	BackupKey bool   `name:"backup-key" help:"Make a key that opens backups, print it once, and encrypt backups to it."`
}

func (c initCmd) Run(e *env) error {
	set, err := c.settings()
	if err != nil {
		return err
	}
	identity, err := c.backupKey(set)
	if err != nil {
		return err
	}
	file := e.config.file
	err = writeNew(file, settingsText(set))
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; nothing was written", file)
	}
	if err != nil {
		return err
	}
	c.tell(e.out, file, identity)
	return nil
}

// settings are those that were asked for, and a new key.
func (c initCmd) settings() (map[string]string, error) {
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("--public-url %q is no address such as https://shift.example.jp", c.PublicURL)
	}
	data, err := filepath.Abs(c.Data)
	if err != nil {
		return nil, err
	}
	set := map[string]string{
		"APP_ENV": "production", "DATA_DIR": data, "PUBLIC_URL": strings.TrimSuffix(c.PublicURL, "/"), "ALLOWED_HOSTS": strings.ToLower(u.Hostname()),
		"USE_HTTPS": "true", "SECRET_KEY": seal.NewSecret(), "LOG_FORMAT": "json",
	}
	return set, c.addTLS(set)
}

func (c initCmd) addTLS(set map[string]string) error {
	switch {
	case c.TLSCert != "":
		set["TLS_CERT"], set["TLS_KEY"] = c.TLSCert, c.TLSKey
	case c.ACMEEmail != "":
		set["ACME"], set["ACME_EMAIL"] = "on", c.ACMEEmail
	default:
		set["LISTEN"], set["TRUSTED_PROXIES"] = "127.0.0.1:8080", "127.0.0.1/32"
		if c.Proxy == "" {
			return nil
		}
		ip, _, err := net.ParseCIDR(c.Proxy)
		if err != nil {
			return fmt.Errorf("--proxy %q is no address range such as 192.0.2.7/32", c.Proxy)
		}
		set["TRUSTED_PROXIES"] = c.Proxy
		if !ip.IsLoopback() {
			set["LISTEN"] = ":8080"
		}
		return nil
	}
	set["LISTEN"], set["LISTEN_HTTP"] = ":443", ":80"
	return nil
}

// backupKey makes the pair; the half that opens backups is printed and kept nowhere.
func (c initCmd) backupKey(set map[string]string) (identity string, err error) {
	if !c.BackupKey {
		return "", nil
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return "", err
	}
	set["BACKUP_RECIPIENTS"] = key.Recipient().String()
	return key.String(), nil
}

func (c initCmd) tell(out io.Writer, file, identity string) {
	fmt.Fprintf(out, "設定を %s に書きました(自分だけが読めます)。\n\n", file)
	if identity != "" {
		fmt.Fprintf(out, "バックアップを開く鍵です。いまだけ表示します。このサーバーの外の、なくさない所に保管してください。\n  %s\n\n", identity)
	}
	fmt.Fprintf(out, `次にすること
 1. %[1]s を開き、要るところを直す。問い合わせ先は SUPPORT_… 、バックアップの行き先は BACKUP_…
 2. SECRET_KEY の控えを、このサーバーの外に置く(なくすと、暗号にして保存したものが読めなくなります)
 3. サービスを動かす利用者のものにする: chown wakakusa %[1]s
 4. 確かめる: wakakusa config --file %[1]s
             sudo -u wakakusa wakakusa check --deploy --file %[1]s
 5. 動かす: sudo -u wakakusa wakakusa serve --file %[1]s
`, file)
}

// settingsText is the settings file: what is set, and all else as comments with its default.
func settingsText(set map[string]string) string {
	var text strings.Builder
	text.WriteString("# わかくさシフトの設定。KEY=VALUE の行です。# で始まる行は説明か、既定のままの設定です。\n# 変えるときは行のはじめの # を取ります。秘密は NAME_FILE=ファイル でも、systemd の LoadCredential= でも渡せます。\n")
	for _, s := range sections {
		fmt.Fprintf(&text, "\n\n# ==== %s ====\n", s.title)
		for _, x := range s.settings {
			fmt.Fprintf(&text, "\n# %s\n", strings.ReplaceAll(x.about, "\n", "\n# "))
			if value, ok := set[x.name]; ok {
				fmt.Fprintf(&text, "%s=%s\n", x.name, value)
			} else {
				fmt.Fprintf(&text, "#%s=%s\n", x.name, defaultOf(x.name))
			}
		}
	}
	return text.String()
}

func defaultOf(name string) string {
	f, _ := fieldOf(name)
	if text := f.Tag.Get("envDefault"); text != "" {
		return text
	}
	if f.Type.Kind() == reflect.Bool {
		return "false"
	}
	return ""
}
