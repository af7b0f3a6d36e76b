package check

import (
	"bytes"
	"compress/flate"
	"fmt"
	"math"
	"slices"
	"strings"
)

func settingItems() []item {
	return []item{
		{id: "settings", level: Error, cure: "書いてあるとおりに設定を直します。", look: func(f *Facts) []string { return f.Settings.Problems }},
		{id: "environment", level: Error, when: deploy, cure: "APP_ENV=production にします。試すための場所なら staging にします。", look: func(f *Facts) []string {
			return one(!f.Settings.Serving(), "APP_ENV が %s です。開発のための動き方では、人に使わせません。", f.Settings.Environment)
		}},
		{id: "secret-key-missing", level: Error, when: serving, refused: true, cure: secretCure, look: func(f *Facts) []string {
			return one(f.Settings.Secret == "", "SECRET_KEY がありません。")
		}},
		{id: "secret-key-weak", level: Error, when: serving, refused: true, cure: secretCure, look: func(f *Facts) []string {
			why := Weak(f.Settings.Secret)
			return one(f.Settings.Secret != "" && why != "", "SECRET_KEY が弱すぎます: %s。", why)
		}},
		{id: "secret-key-former", level: Error, when: serving, refused: true, cure: "SECRET_KEY_FALLBACKS には、前に使っていた鍵だけを書きます。替え終わったら消します。", look: func(f *Facts) []string {
			return one(slices.Contains(f.Settings.Former, f.Settings.Secret), "SECRET_KEY_FALLBACKS に、いまの SECRET_KEY と同じものがあります。鍵は替わっていません。")
		}},
		{id: "secret-in-environment", level: Warning, when: serving, cure: "環境変数は、ほかの者に見えることがあります。設定ファイル(0600)、NAME_FILE、systemd の LoadCredential= のどれかに移します。", look: func(f *Facts) []string {
			return one(len(f.Settings.Exposed) > 0, "秘密が環境変数に書かれています: %s。", strings.Join(f.Settings.Exposed, "、"))
		}},
		{id: "log-debug", level: Warning, when: serving, cure: "LOG_LEVEL=info にします。", look: func(f *Facts) []string {
			return one(f.Settings.LogLevel == "debug", "LOG_LEVEL が debug です。記録がすぐにふくらみます。")
		}},
		{id: "log-quiet", level: Warning, when: serving, cure: "LOG_LEVEL=info にします。", look: func(f *Facts) []string {
			return one(slices.Contains([]string{"warn", "error"}, f.Settings.LogLevel), "LOG_LEVEL が %s です。だれがいつ何を開いたかが記録に残りません。", f.Settings.LogLevel)
		}},
		{id: "rate-limit", level: Error, when: serving, cure: "RATE_LIMIT は 100、RATE_LIMIT_SHEET は 600 くらいにします。", look: func(f *Facts) []string {
			most := max(f.Settings.Limit, f.Settings.LimitSheet)
			return one(most > 10_000, "リクエストの制限が 1 分に %d 回です。制限がないのと同じです。", most)
		}},
		{id: "acceptance-ended", level: Warning, cure: "直すか、CHECK_ACCEPT の日付を見直します。", look: endedAcceptances},
	}
}

const secretCure = "新しい鍵を作り(openssl rand -base64 48)、SECRET_KEY_FILE か LoadCredential=secret_key: で渡します。まだ設定がなければ wakakusa init が作ります。"

func endedAcceptances(f *Facts) (said []string) {
	for _, a := range f.Settings.Accepted {
		if !f.Now.Before(a.ends) {
			said = append(said, fmt.Sprintf("%s を受け入れる期限(%s)が過ぎました。理由は「%s」でした。", a.ID, a.Until, a.Reason))
		}
	}
	return said
}

// knownKeys are parts of keys that everybody can look up.
var knownKeys = []string{
	"django-insecure", "change-me", "changeme", "change_me", "change-this", "your-secret", "your_secret", "secret-key", "secret_key", "example", "replace",
	"development", "insecure", "wakakusa", "password", "123456", "qwerty", "abcdef",
}

const leastKey = 50 // characters, as Django asks

// Weak says why a secret key will not do; "" if it will.
func Weak(key string) string {
	low := strings.ToLower(key)
	switch {
	case slices.ContainsFunc(knownKeys, func(part string) bool { return strings.Contains(low, part) }):
		return "だれもが知っている見本の言葉が入っています"
	case len(key) < leastKey:
		return fmt.Sprintf("%d 文字以上にします", leastKey)
	case entropy(key) < 3.2 || packed(key) < len(key)/2:
		return "同じ文字の繰り返しで、推測できます"
	}
	return ""
}

// entropy is that of the characters, in bits each.
func entropy(key string) (bits float64) {
	counts := map[rune]int{}
	for _, r := range key {
		counts[r]++
	}
	for _, n := range counts {
		p := float64(n) / float64(len([]rune(key)))
		bits -= p * math.Log2(p)
	}
	return bits
}

// packed is the length after compression: what repeats itself becomes short.
func packed(key string) int {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		return len(key)
	}
	if _, err := w.Write([]byte(key)); err != nil {
		return len(key)
	}
	if err := w.Close(); err != nil {
		return len(key)
	}
	return out.Len()
}

const leastPassword = 12

// WeakPassword says why a password between machines will not do.
func WeakPassword(password, user string) string {
	low := strings.ToLower(password)
	switch {
	case password == "":
		return "空です"
	case len(password) < leastPassword:
		return fmt.Sprintf("短すぎます(%d 文字以上)", leastPassword)
	case user != "" && strings.Contains(low, strings.ToLower(user)):
		return "利用者の名前が入っています"
	case slices.ContainsFunc(knownKeys, func(part string) bool { return strings.Contains(low, part) }) || entropy(password) < 2.5:
		return "推測できます"
	}
	return ""
}
