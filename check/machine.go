package check

import (
	"fmt"
	"time"
)

const (
	fullWarning, fullError = 0.90, 0.98
	leastFree              = 500 << 20
	slowFsync              = 250 * time.Millisecond
	maxSkew                = 5 * time.Second
)

func machineItems() []item {
	disks := func(bad func(Disk) bool, say func(Disk) string) func(*Facts) []string {
		return func(f *Facts) (said []string) {
			for _, d := range f.Disks {
				if (d.Use == "data" || d.Use == "backup") && bad(d) {
					said = append(said, say(d))
				}
			}
			return said
		}
	}
	used := func(d Disk) string {
		return fmt.Sprintf("%s のディスクが %.0f %% 使われています(残り %d MB)。", d.Path, d.Used*100, d.Free>>20)
	}
	return []item{
		{id: "root", level: Error, when: deploy, cure: "専用の利用者を作り(useradd --system)、unit の User= に書きます。", look: func(f *Facts) []string {
			return one(f.UID == 0, "root で動いています。")
		}},
		{id: "disk-full", level: Error, passing: true, when: always, cure: "いらないファイルを消すか、ディスクを大きくします。", look: disks(func(d Disk) bool {
			return d.Used > fullError || d.Used > fullWarning && d.Free < leastFree
		}, used)},
		{id: "disk-filling", level: Warning, when: always, cure: "いらないファイルを消すか、BACKUP_DAYS を減らすか、ディスクを大きくします。", look: disks(func(d Disk) bool {
			return d.Used > fullWarning && d.Used <= fullError && d.Free >= leastFree
		}, used)},
		{id: "disk-memory", level: Error, when: deploy, cure: "DATA_DIR と BACKUP_DIR を、電源を切っても残るディスクに置きます。", look: disks(func(d Disk) bool { return d.Memory }, func(d Disk) string {
			return fmt.Sprintf("%s はメモリーの上にあります(tmpfs)。機械が止まると消えます。", d.Path)
		})},
		{id: "disk-slow", level: Warning, when: deploy, cure: "データを速いディスクに移します。保存のたびにこの時間がかかることがあります。", look: func(f *Facts) []string {
			return one(f.Fsync > slowFsync, "ディスクへの書き込みの確認(fsync)に %d ミリ秒かかりました。", f.Fsync.Milliseconds())
		}},
		{id: "clock-past", level: Error, passing: true, when: deploy, cure: "時計を合わせます(timedatectl set-ntp true)。", look: func(f *Facts) []string {
			return one(f.Now.Before(f.NotBefore.Add(-maxSkew)), "この機械の時計は %s で、%s より前です。", f.Now.Local().Format(time.DateTime), f.NotBefore.Local().Format(time.DateTime))
		}},
		{id: "clock-skew", level: Error, passing: true, when: deploy, cure: "両方の機械の時計を合わせます(timedatectl set-ntp true)。", look: func(f *Facts) []string {
			if f.Database.Server == nil {
				return nil
			}
			return one(f.Database.Server.Skew.Abs() > maxSkew, "データベースのサーバーと時計が %d 秒ずれています。", int(f.Database.Server.Skew.Abs().Seconds()))
		}},
	}
}
