package check

import (
	"fmt"
	"io/fs"
	"slices"
)

// others are the rights that nobody but the owner should have.
const others, othersWrite fs.FileMode = 0o077, 0o022

func fileItems() []item {
	ofKind := func(more func(File) bool, sentence string, kinds ...FileKind) func(*Facts) []string {
		return func(f *Facts) (said []string) {
			for _, x := range f.Files {
				if slices.Contains(kinds, x.Kind) && more(x) {
					said = append(said, fmt.Sprintf(sentence, x.Path, x.Mode.Perm()))
				}
			}
			return said
		}
	}
	open := func(x File) bool { return x.Mode&others != 0 }
	return []item{
		{id: "settings-mode", level: Error, when: deploy, cure: "chmod 600 にします。秘密を LoadCredential= などに移せば、読めるだけ(644)でもかまいません。", look: ofKind(func(x File) bool {
			return x.Secrets && open(x) || x.Mode&othersWrite != 0
		}, "設定ファイル %s を、ほかの者が読むか書くことができます(%o)。", SettingsFile)},
		{id: "secret-mode", level: Error, when: serving, refused: true, cure: "chmod 600 にします。", look: func(f *Facts) (said []string) {
			for _, x := range f.Settings.SecretFiles {
				if open(x) {
					said = append(said, fmt.Sprintf("%s_FILE の %s を、ほかの者が読めます(%o)。", x.Setting, x.Path, x.Mode.Perm()))
				}
			}
			return said
		}},
		{id: "key-mode", level: Error, when: deploy, cure: "chmod 600 にします。", look: ofKind(open, "秘密の鍵 %s を、ほかの者が読めます(%o)。", KeyFile, SecretFile)},
		{id: "data-mode", level: Error, when: deploy, cure: "chmod 700 にします。", look: ofKind(open, "データの置き場所 %s を、ほかの者が開けます(%o)。", DataDir)},
		{id: "database-mode", level: Error, when: deploy, cure: "chmod 600 にします。", look: ofKind(open, "データベースのファイル %s を、ほかの者が読めます(%o)。", DatabaseFile)},
		{id: "backup-mode", level: Error, when: deploy, cure: "chmod 700 にします。", look: ofKind(open, "バックアップの置き場所 %s を、ほかの者が開けます(%o)。", BackupDir)},
	}
}
