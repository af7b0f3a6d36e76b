package check

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

func webItems() []item {
	return []item{
		{id: "hosts-missing", level: Error, when: serving, refused: true, cure: "ALLOWED_HOSTS に、このサイトのホスト名を書きます(例: shift.example.jp)。", look: func(f *Facts) []string {
			return one(len(f.Settings.Hosts) == 0, "ALLOWED_HOSTS が空です。どんな名前で呼ばれても答えてしまいます。")
		}},
		{id: "hosts-any", level: Error, when: serving, refused: true, cure: "ALLOWED_HOSTS には、ホスト名をそのまま、小文字で、ポートも http:// も * も付けずに書きます。", look: badHosts},
		{id: "https-off", level: Error, when: serving, refused: true, cure: "HTTPS のプロキシを前に置くか TLS_CERT か ACME を使い、USE_HTTPS=true にします。", look: func(f *Facts) []string {
			return one(!f.Settings.HTTPS, "USE_HTTPS が true ではありません。Cookie に Secure が付かず、HSTS も出ません。")
		}},
		{id: "public-url-missing", level: Warning, when: serving, cure: "PUBLIC_URL に、利用者が開くアドレスを書きます(例: https://shift.example.jp)。", look: func(f *Facts) []string {
			return one(f.Settings.PublicURL == "", "PUBLIC_URL がありません。招待リンクのアドレスが決まりません。")
		}},
		{id: "public-url-http", level: Error, when: serving, cure: "PUBLIC_URL を https:// で始めます。", look: func(f *Facts) []string {
			return one(f.Settings.PublicURL != "" && !strings.HasPrefix(f.Settings.PublicURL, "https://"), "PUBLIC_URL が https:// で始まっていません: %s", f.Settings.PublicURL)
		}},
		{id: "public-url-host", level: Error, when: serving, cure: "PUBLIC_URL のホスト名を ALLOWED_HOSTS に加えます。", look: func(f *Facts) []string {
			host := hostOf(f.Settings.PublicURL)
			return one(host != "" && len(f.Settings.Hosts) > 0 && !slices.Contains(f.Settings.Hosts, host), "PUBLIC_URL の %s が ALLOWED_HOSTS にありません。リンクを開いた人は 421 になります。", host)
		}},
		{id: "proxy-missing", level: Error, when: serving, cure: "TRUSTED_PROXIES にプロキシのアドレスを書きます(同じ機械なら 127.0.0.1/32)。", look: func(f *Facts) []string {
			return one(behindProxy(f.Settings) && isLoopback(f.Settings.Listen) && len(f.Settings.Proxies) == 0, "プロキシの後ろなのに TRUSTED_PROXIES がありません。全員が同じアドレスに見え、一人の間違いで全員がログインできなくなります。")
		}},
		{id: "proxy-anybody", level: Error, when: serving, cure: "TRUSTED_PROXIES には、プロキシのアドレスだけを書きます。", look: func(f *Facts) []string {
			wide := slices.DeleteFunc(slices.Clone(f.Settings.Proxies), func(text string) bool { return !isWide(text) })
			return one(len(wide) > 0, "TRUSTED_PROXIES が広すぎます(%s)。だれでもアドレスを偽れます。", strings.Join(wide, "、"))
		}},
		{id: "listen-open", level: Error, when: serving, cure: "LISTEN=127.0.0.1:8080 にするか、プロキシのアドレスを TRUSTED_PROXIES に書くか、TLS_CERT か ACME を使います。", look: func(f *Facts) []string {
			return one(behindProxy(f.Settings) && !isLoopback(f.Settings.Listen) && len(f.Settings.Proxies) == 0, "暗号化しないまま、どこからでも届くアドレス %s で待っています。", f.Settings.Listen)
		}},
		{id: "listen-http-missing", level: Warning, when: serving, cure: "LISTEN_HTTP=:80 にすると、http:// で開いた人を https:// に案内します。", look: func(f *Facts) []string {
			return one(f.Settings.OwnTLS && f.Settings.ListenHTTP == "", "LISTEN_HTTP がありません。http:// で開いた人には何も出ません。")
		}},
		{id: "headers", level: Error, when: serving, cure: "LISTEN の番号をほかのプログラムが使っていないか、古い版が動いていないかを確かめます。", look: lackingHeaders},
		{id: "redis-tls", level: Error, when: serving, cure: "REDIS_URL を rediss:// にするか、Redis を同じ機械に置きます。", look: func(f *Facts) []string {
			u := remoteRedis(f.Settings)
			return one(u != nil && u.Scheme != "rediss", "別の機械の Redis に、暗号化しないでつなぎます(%s)。", hostOf(f.Settings.Redis))
		}},
		{id: "redis-password", level: Error, when: serving, cure: "Redis に requirepass を設定し、REDIS_URL_FILE でパスワードを含むアドレスを渡します。", look: func(f *Facts) []string {
			u := remoteRedis(f.Settings)
			if u == nil {
				return nil
			}
			password, _ := u.User.Password()
			return one(password == "", "別の機械の Redis に、パスワードなしでつなぎます(%s)。", u.Hostname())
		}},
	}
}

func behindProxy(s Settings) bool { return s.HTTPS && !s.OwnTLS }

func badHosts(f *Facts) (said []string) {
	for _, h := range f.Settings.Hosts {
		switch {
		case strings.Contains(h, "*"):
			said = append(said, "ALLOWED_HOSTS に * があります。どんな名前で呼ばれても答えてしまいます。")
		case strings.HasPrefix(h, "."), strings.ContainsAny(h, "/ ") || h != strings.ToLower(h) || h == "", isHostPort(h):
			said = append(said, fmt.Sprintf("ALLOWED_HOSTS の %q はホスト名ではありません。", h))
		}
	}
	return said
}

// isHostPort: an IPv6 address has more colons than one.
func isHostPort(h string) bool { return strings.Count(h, ":") == 1 }

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// isLoopback reports whether only this machine reaches an address to listen at.
func isLoopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	return err == nil && isHere(host)
}

// isHere reports whether a host is this machine.
func isHere(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || strings.HasPrefix(host, "/") || ip != nil && ip.IsLoopback()
}

// isWide: no site has so many proxies.
func isWide(text string) bool {
	p, err := netip.ParsePrefix(text)
	return err == nil && (p.Addr().Is4() && p.Bits() < 8 || p.Addr().Is6() && p.Bits() < 32)
}

func remoteRedis(s Settings) *url.URL {
	u, err := url.Parse(s.Redis)
	if err != nil || s.Redis == "" || u.Scheme == "unix" || isHere(u.Hostname()) {
		return nil
	}
	return u
}

// headersOfOurs must be in every answer.
var headersOfOurs = []string{"Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Strict-Transport-Security"}

func lackingHeaders(f *Facts) []string {
	if f.Answer == nil {
		return nil
	}
	lacks := slices.DeleteFunc(slices.Clone(headersOfOurs), func(name string) bool { return f.Answer.Header.Get(name) != "" })
	return one(len(lacks) > 0, "%s で答えているものに、安全のためのヘッダーがありません: %s", f.Answer.Address, strings.Join(lacks, "、"))
}

func certificateItems() []item {
	return []item{
		{id: "certificate-missing", level: Error, when: deploy, cure: "TLS_CERT と TLS_KEY のファイルを確かめます。証明書は中間のものも含めて PEM で、鍵はその証明書のものを置きます。", look: func(f *Facts) []string {
			return one(f.Certificate != nil && f.Certificate.Failure != "", "証明書を読めません: %s", certificate(f).Failure)
		}},
		{id: "certificate-expired", level: Error, passing: true, when: deploy, cure: certificateCure, look: func(f *Facts) []string {
			left, ok := certificateLeft(f)
			return one(ok && left <= 0, "証明書の期限が切れました(%s)。", day(certificate(f).Ends))
		}},
		{id: "certificate-expires", level: Warning, when: deploy, cure: certificateCure, look: func(f *Facts) []string {
			left, ok := certificateLeft(f)
			return one(ok && left > 0 && left < certificate(f).Early, "証明書の期限まで %d 日です(%s)。", int(left.Hours()/24), day(certificate(f).Ends))
		}},
		{id: "certificate-names", level: Error, when: deploy, cure: "ALLOWED_HOSTS の名前をすべて含む証明書にします。使わない名前は ALLOWED_HOSTS から消します。", look: func(f *Facts) []string {
			missing := certificate(f).Missing
			return one(len(missing) > 0, "証明書にない名前があります: %s", strings.Join(missing, "、"))
		}},
	}
}

const certificateCure = "証明書を更新し、同じ名前のファイルに置きます。起動し直す必要はありません。ACME なら、LISTEN_HTTP(80 番)か 443 番が外から届くかを確かめます。"

func certificate(f *Facts) Certificate {
	if f.Certificate == nil {
		return Certificate{}
	}
	return *f.Certificate
}

// certificateLeft is how long the certificate is good; false where there is none to judge.
func certificateLeft(f *Facts) (time.Duration, bool) {
	c := certificate(f)
	return c.Ends.Sub(f.Now), !c.Ends.IsZero()
}

func day(t time.Time) string { return t.Local().Format(time.DateOnly) }
