/**
 * Which words can be Vietnamese: the language is written in syllables, each an initial, a rime of a short list and one of
 * six tones, and hardly any word of another language happens to be one. Used to tell wrongly labelled text.
 */

const initials = 'b c ch d đ g gh gi h k kh l m n ng ngh nh ph qu r s t th tr v x'.split(' ');

/** Rimes without tone, by their vowel. */
const rimes = new Set(
  `a ac ach ai am an ang anh ao ap at au ay  ăc ăm ăn ăng ăp ăt  âc âm ân âng âp ât âu ây
  e ec em en eng eo ep et  ê êch êm ên ênh êp êt êu  i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu
  o oa oac oach oai oam oan oang oanh oao oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot
  ô ôc ôi ôm ôn ông ôp ôt  ơ ơi ơm ơn ơp ơt
  u ua uân uâng uât uây uc uê uêch uênh ui um un ung uôc uôi uôm uôn uông uôt up ut uơ uy uya uych uyên uyêt uynh uyt uyu
  ư ưa ưc ưi ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu  y yêm yên yêng yêt yêu`.split(/\s+/),
);

/** Behind `qu`, whose u is a vowel already. */
const rimesAfterQu = new Set(
  `a ac ach ai an ang anh ao at au ay ăc ăm ăn ăng ăp ăt ân âng ât ây e en eo et ê ên ênh êch êt ôc ơ y yên yêt ynh ych yt i it`.split(
    ' ',
  ),
);

/** Rimes that a tone may stand on either vowel of: old and new spelling (hòa, hoà). */
const eitherVowel = new Set(['oa', 'oe', 'uy']);

/** Each toned vowel as its vowel and tone: 0 level, then as in `tones`. */
const vowels = new Map<string, { readonly vowel: string; readonly tone: number }>();
const tones = ['', '\u0300', '\u0301', '\u0303', '\u0309', '\u0323'];
const acute = 2;
const dotBelow = 5;
for (const vowel of 'aăâeêioôơuưy') {
  for (const [tone, mark] of tones.entries()) vowels.set((vowel + mark).normalize('NFC'), { vowel, tone });
}

/** Letters that the language does not use, or not at the end: what most words of others fail by. */
const foreign = /[fjwz]|[bdđklqrsvx]$/i;

/** Whether a word, in NFC, can be a Vietnamese syllable: spelling, tone and where it stands, case. */
export function isVietnameseSyllable(word: string): boolean {
  if (word.length > 7 || foreign.test(word)) return false;
  const lower = word.toLowerCase();
  if (word !== lower && word !== lower.toUpperCase() && word !== capitalised(lower)) return false;
  let plain = '';
  let tone = 0;
  let toneAt = -1;
  for (const letter of lower) {
    const known = vowels.get(letter);
    if (known && known.tone > 0) {
      if (tone > 0) return false;
      tone = known.tone;
      toneAt = plain.length;
    }
    plain += known?.vowel ?? letter;
  }
  return ['', ...initials].some((initial) => plain.startsWith(initial) && isSpelled(plain, initial, tone, toneAt));
}

/** As a proper name begins. */
export function capitalised(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

function isSpelled(plain: string, initial: string, tone: number, toneAt: number): boolean {
  const rime = plain.slice(initial.length);
  if (initial === 'qu' ? !rimesAfterQu.has(rime) : !rimes.has(rime)) return false;
  // Spelling of the same sounds before e, ê, i, y and before the others.
  const isFront = /^[eêiy]/.test(rime);
  if (/^(c|g|ng)$/.test(initial) && isFront && !(initial === 'g' && rime.startsWith('i'))) return false;
  if (/^(k|gh|ngh)$/.test(initial) && !isFront) return false;
  // A syllable that ends in a stop has one of two tones.
  if (/(c|ch|p|t)$/.test(rime) && tone !== acute && tone !== dotBelow) return false;
  if (tone === 0) return true;
  if (initial === 'qu' && rime.length === 1 && toneAt === 1) return true; // a common misspelling: qúy
  return tonePlaces(rime).includes(toneAt - initial.length);
}

/** Where in a rime its tone mark may stand. */
function tonePlaces(rime: string): number[] {
  const vowelCount = /^[aăâeêioôơuưy]+/.exec(rime)?.[0].length ?? 0;
  const marked = /[ăâêôơ](?!.*[ăâêôơ])/.exec(rime)?.index ?? rime.indexOf('ư');
  if (marked >= 0) return [marked];
  if (vowelCount === 1) return [0];
  if (vowelCount < rime.length || rime === 'uy') return vowelCount === 2 && rime !== 'uy' ? [1] : [0, vowelCount - 1];
  if (eitherVowel.has(rime)) return [0, 1];
  return [vowelCount === 3 ? 1 : 0];
}

/** Family names, which nearly every full name begins with. */
const familyNames = new Set(
  `an bạch bành bùi cao châu chu chử cù cung dương diệp doãn đàm đàng đào đặng đinh đoàn đỗ đồng giang giáp hà hàn hạ
  hồ hoàng hứa huỳnh khổng khúc khương kiều kim la lã lại lâm lê lò lục lữ lương lưu lý ma mã mạc mai nghiêm ngô ngụy
  nguyễn ninh nông ông phạm phan phí phó phùng quách quan sầm sơn tạ tăng tất thạch thái thân thẩm tiêu tô tôn tống
  trang trần triệu trịnh trương từ uông văn vi viên võ vũ vương`.split(/\s+/),
);

export function isFamilyName(word: string): boolean {
  return familyNames.has(word.toLowerCase());
}
