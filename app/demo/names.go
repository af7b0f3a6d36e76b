package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// name is a person's name in the forms a record needs.
type name struct{ full, kana, latin string }

// Each line: 漢字 かな latin. Some are hard on purpose: letters outside the usual set, one outside the basic plane, long ones.
const surnames = `佐藤 さとう sato
鈴木 すずき suzuki
髙橋 たかはし takahashi
田中 たなか tanaka
伊藤 いとう ito
渡邉 わたなべ watanabe
山本 やまもと yamamoto
中村 なかむら nakamura
小林 こばやし kobayashi
加藤 かとう kato
𠮷田 よしだ yoshida
山田 やまだ yamada
佐々木 ささき sasaki
山口 やまぐち yamaguchi
松本 まつもと matsumoto
井上 いのうえ inoue
木村 きむら kimura
林 はやし hayashi
齋藤 さいとう saito
清水 しみず shimizu
山﨑 やまさき yamasaki
森 もり mori
池田 いけだ ikeda
橋本 はしもと hashimoto
阿部 あべ abe
石川 いしかわ ishikawa
前田 まえだ maeda
藤田 ふじた fujita
後藤 ごとう goto
岡田 おかだ okada
長谷川 はせがわ hasegawa
村上 むらかみ murakami
近藤 こんどう kondo
坂本 さかもと sakamoto
遠藤 えんどう endo
青木 あおき aoki
福田 ふくだ fukuda
西村 にしむら nishimura
太田 おおた ota
三浦 みうら miura
岡本 おかもと okamoto
藤井 ふじい fujii
松田 まつだ matsuda
中島 なかじま nakajima
原田 はらだ harada
小野 おの ono
田村 たむら tamura
竹内 たけうち takeuchi
金子 かねこ kaneko
和田 わだ wada
中山 なかやま nakayama
石田 いしだ ishida
上田 うえだ ueda
柴田 しばた shibata
酒井 さかい sakai
宮﨑 みやざき miyazaki
内田 うちだ uchida
勅使河原 てしがわら teshigawara
小比類巻 こひるいまき kohiruimaki
長曽我部 ちょうそかべ chosokabe`

const givenNames = `陽菜 ひな hina
結衣 ゆい yui
美咲 みさき misaki
さくら さくら sakura
葵 あおい aoi
由美子 ゆみこ yumiko
恵子 けいこ keiko
久美子 くみこ kumiko
明美 あけみ akemi
直美 なおみ naomi
真由美 まゆみ mayumi
智子 ともこ tomoko
裕子 ゆうこ yuko
香織 かおり kaori
愛 あい ai
彩 あや aya
麻衣 まい mai
千尋 ちひろ chihiro
菜々子 ななこ nanako
ゆかり ゆかり yukari
翔太 しょうた shota
大輔 だいすけ daisuke
健太 けんた kenta
拓也 たくや takuya
直樹 なおき naoki
誠 まこと makoto
浩二 こうじ koji
隆 たかし takashi
学 まなぶ manabu
亮 りょう ryo
蓮 れん ren
悠斗 ゆうと yuto
陸 りく riku
涼介 りょうすけ ryosuke
修一郎 しゅういちろう shuichiro
淳之介 じゅんのすけ junnosuke
和也 かずや kazuya
哲也 てつや tetsuya
剛 つよし tsuyoshi
優 ゆう yu`

// foreignNames are people who came to work here; the roster writes them in katakana.
const foreignNames = `グエン・ティ・ラン ぐえん・てぃ・らん nguyen.lan
マリア・クリスティーナ・サントス まりあ・くりすてぃーな・さんとす santos.maria
スリヤニ すりやに suryani
タパ・ビシュヌ たぱ・びしゅぬ thapa.bishnu`

func table(lines string) [][]string {
	var list [][]string
	for line := range strings.Lines(lines) {
		list = append(list, strings.Fields(line))
	}
	return list
}

// names returns n different names in random order; every 25th is foreign while they last.
func names(rng *rand.Rand, n int) []name {
	family, given, foreign := table(surnames), table(givenNames), table(foreignNames)
	order := rng.Perm(len(family) * len(given))
	list := make([]name, 0, n)
	for i := range n {
		if f := i / 25; i%25 == 20 && f < len(foreign) {
			list = append(list, name{foreign[f][0], foreign[f][1], foreign[f][2]})
			continue
		}
		k := order[i%len(order)]
		a, b := family[k%len(family)], given[k/len(family)]
		x := name{a[0] + " " + b[0], a[1] + " " + b[1], a[2] + "." + b[2]}
		if again := i / len(order); again > 0 {
			x.latin += fmt.Sprint(again + 1)
		}
		list = append(list, x)
	}
	return list
}

// NameOf is the name of a number, and how it is read: for people who must not be known.
func NameOf(n uint64) (full, kana string) {
	family, given := table(surnames), table(givenNames)
	a, b := family[n%uint64(len(family))], given[n/uint64(len(family))%uint64(len(given))]
	return a[0] + " " + b[0], a[1] + " " + b[1]
}
