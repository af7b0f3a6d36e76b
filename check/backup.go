package check

import (
	"strings"
	"time"
)

func backupItems() []item {
	on := func(f *Facts) bool { return !f.Backups.Off }
	same := func(f *Facts, a, b string) bool {
		x, ok := f.disk(a)
		y, also := f.disk(b)
		return ok && also && x.Device == y.Device
	}
	return []item{
		{id: "backup-off", level: Error, when: deploy, cure: "BACKUP_DIR に、バックアップの置き場所を書きます。", look: func(f *Facts) []string {
			return one(f.Backups.Off, "BACKUP_DIR が off です。バックアップを取りません。")
		}},
		{id: "backup-never", level: Warning, when: deploy, cure: "wakakusa backup now を実行します。毎日 BACKUP_TIME に、動いているプログラムが取ります。", look: func(f *Facts) []string {
			return one(on(f) && !f.Database.Missing && f.Backups.Count == 0, "バックアップがまだ一つもありません(%s)。", f.Backups.Dir)
		}},
		{id: "backup-unverified", level: Warning, when: deploy, cure: "wakakusa backup verify を実行します。", look: func(f *Facts) []string {
			b := f.Backups
			return one(b.Count > 0 && b.Newest.After(b.Verified), "最後のバックアップは、戻して確かめたものではありません。")
		}},
		{id: "backup-old", level: Warning, when: deploy, cure: "記録で、バックアップが取れない理由を調べます。wakakusa backup now を実行します。", look: func(f *Facts) []string {
			b := f.Backups
			return one(b.Count > 0 && !b.Newest.After(b.Verified) && f.Now.Sub(b.Verified) > b.Fresh, "確かめた最後のバックアップが古くなっています(%s)。", b.Verified.Local().Format(time.DateTime))
		}},
		{id: "backup-inside", level: Warning, when: deploy, cure: "BACKUP_DIR を DATA_DIR の外に置きます。", look: func(f *Facts) []string {
			return one(on(f) && f.Backups.Inside, "バックアップ(%s)がデータの置き場所の中にあります。一緒に消えます。", f.Backups.Dir)
		}},
		{id: "backup-same-disk", level: Warning, when: deploy, cure: "BACKUP_DIR を別のディスクに置くか、BACKUP_OFFSITE を設定します。", look: func(f *Facts) []string {
			return one(on(f) && f.Backups.OffSite == "" && same(f, "data", "backup"), "バックアップがデータと同じディスクにあります。ディスクが壊れると両方なくなります。")
		}},
		{id: "backup-secrets", level: Warning, when: deploy, cure: "BACKUP_RECIPIENTS を設定して暗号化するか、秘密を設定ファイルから LoadCredential= などに移します。", look: func(f *Facts) []string {
			return one(on(f) && f.Backups.Plain && f.Backups.Settings, "バックアップは暗号化されていないのに、秘密の書かれた設定ファイルも入ります。")
		}},
		{id: "backup-identity", level: Error, when: deploy, cure: "その鍵を、このサーバーの外の安全な所に移し、ここから消します。", look: func(f *Facts) []string {
			return one(len(f.Backups.Identity) > 0, "バックアップを開く秘密の鍵(AGE-SECRET-KEY)が、バックアップのそばにあります: %s", strings.Join(f.Backups.Identity, "、"))
		}},
		{id: "offsite-missing", level: Warning, when: deploy, cure: "BACKUP_OFFSITE と BACKUP_RECIPIENTS を設定します。", look: func(f *Facts) []string {
			return one(on(f) && f.Backups.OffSite == "", "遠くの控えがありません。火事や盗難で、すべてなくなります。")
		}},
		{id: "offsite-same-disk", level: Warning, when: deploy, cure: "BACKUP_OFFSITE を、別の機械か別のディスクにします。", look: func(f *Facts) []string {
			return one(same(f, "data", "offsite"), "遠くの控えが、データと同じディスクにあります。")
		}},
		{id: "replica-off", level: Warning, when: deploy, cure: "LITESTREAM_CONFIG を設定します(空なら DATA_DIR の隣に写します)。", look: func(f *Facts) []string {
			return one(!f.Backups.Replica, "連続バックアップがありません。失うのは数秒分でなく、最後のバックアップからのすべてになります。")
		}},
		{id: "replica-same-disk", level: Warning, when: deploy, cure: "LITESTREAM_CONFIG で、別のディスク、S3、SFTP のどれかに写します。", look: func(f *Facts) []string {
			return one(same(f, "data", "replica"), "連続バックアップ(%s)がデータと同じディスクにあります。", f.Backups.ReplicaAt)
		}},
	}
}

func (f *Facts) disk(use string) (Disk, bool) {
	for _, d := range f.Disks {
		if d.Use == use {
			return d, true
		}
	}
	return Disk{}, false
}
