/**
 * Vietnamese full names and examination names as hospitals have them, and the old encodings written out the other way round:
 * by the rules by which people typed, not by the tables that the recogniser reads with.
 */
const families =
  `Nguyễn Trần Lê Phạm Huỳnh Hoàng Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Đào Lương Trịnh Mai Cao Lâm Phùng Hà Tạ
  Tăng Triệu Quách Thái Châu Nghiêm Đoàn Trương Chu Tô Vương Kiều Thạch Lưu Từ Tống Hứa Diệp Mạc Khổng Ông Lục Văn Giang`.split(
    /\s+/,
  );
const men =
  `An Anh Bảo Bình Cường Chiến Công Danh Dũng Duy Đạt Đức Giang Hải Hào Hiếu Hòa Hoàng Hùng Huy Khánh Khoa Kiên Lâm Lộc Long Lực
  Mạnh Minh Nam Nghĩa Nhân Phát Phong Phú Phúc Phước Quân Quang Quốc Quý Sang Sơn Tài Tâm Tân Thắng Thành Thiện Thịnh Thuận Tiến Toàn Trí
  Trung Trường Tú Tuấn Tùng Vinh Vũ Vương Đăng Khôi Kỳ Luân Nhật Ước Ánh Ân`.split(/\s+/);
const women =
  `Ái Anh Bích Châu Chi Cúc Diễm Diệp Dung Duyên Đào Giang Hà Hạnh Hằng Hiền Hoa Hồng Huệ Hương Huyền Khuê Kim Lan Liên Linh Loan Ly
  Mai My Mỹ Nga Ngân Ngọc Nguyệt Nhi Nhung Oanh Phương Quyên Quỳnh Tâm Thanh Thảo Thi Thơ Thu Thủy Thuý Tiên Trang Trinh Trúc Tuyết Uyên
  Vân Vy Xuân Ý Yến Ánh Ẩn Đoan Hoà Lệ`.split(/\s+/);
const middlesOfMen =
  `Văn Hữu Đức Minh Quốc Thanh Công Đình Xuân Ngọc Gia Bá Trọng Tuấn Thế Mạnh Hoàng Việt Duy Anh`.split(/\s+/);
const middlesOfWomen = `Thị Ngọc Thanh Thu Kim Mỹ Bích Diệu Phương Hồng Thuỳ Kiều Như Khánh Thúy Ánh Cẩm Xuân`.split(
  /\s+/,
);

export const examinations =
  `Chụp CT sọ não không tiêm thuốc|X-quang ngực thẳng|Siêu âm bụng tổng quát|Cộng hưởng từ cột sống thắt lưng|
Chụp cắt lớp vi tính lồng ngực|Siêu âm tuyến giáp|Nội soi dạ dày|Chụp X quang khớp gối phải|Bệnh viện Đa khoa tỉnh|Bệnh viện Bạch Mai|
BV Chợ Rẫy|Bệnh viện Nhi đồng|Khoa Chẩn đoán hình ảnh|Siêu âm tim qua thành ngực|Đo mật độ xương|MRI khớp vai trái`
    .split('|')
    .map((text) => text.trim());

/** Names in a fixed but well-mixed order, as a small generator of random numbers gives them. */
export function vietnameseNames(count: number): string[] {
  let seed = 20_260_101;
  const any = (list: readonly string[]): string => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return list[Math.floor((seed / 2 ** 32) * list.length)] as string;
  };
  // A third is called Nguyễn, and the first ten families are most of the people.
  const family = (): string => any([families[0] as string, any(families.slice(0, 10)), any(families)]);
  return Array.from({ length: count }, () => {
    const isMan = any(['m', 'f']) === 'm';
    const given = any(isMan ? men : women);
    const middle = any(isMan ? middlesOfMen : middlesOfWomen);
    const name = any(['2', '3', '3', '3', '4']);
    const second = name === '4' ? ` ${any(isMan ? men : women)}` : '';
    const full = name === '2' ? `${family()} ${given}` : `${family()} ${middle}${second} ${given}`;
    const written = any(['plain', 'plain', 'caret', 'capitals', 'capitals with caret']);
    const components = written.includes('caret') ? full.replace(' ', '^') : full;
    return written.startsWith('capitals') ? components.toUpperCase() : components;
  });
}

const marks: Readonly<Record<string, string>> = {
  '\u0300': 'grave',
  '\u0301': 'acute',
  '\u0303': 'tilde',
  '\u0309': 'hook',
  '\u0323': 'dot',
};

/** A letter without its tone, and the tone. */
function apart(letter: string): { base: string; tone: string } {
  const parts = [...letter.normalize('NFD')];
  const tone = parts.find((part) => marks[part]) ?? '';
  return {
    base: parts
      .filter((part) => part !== tone)
      .join('')
      .normalize('NFC'),
    tone,
  };
}

const cp1258Letters = 'ĂăĐđƠơƯư';
const cp1258Bytes = [0xc3, 0xe3, 0xd0, 0xf0, 0xd5, 0xf5, 0xdd, 0xfd];
const cp1258Tones: Readonly<Record<string, number>> = {
  '\u0300': 0xcc,
  '\u0301': 0xec,
  '\u0303': 0xde,
  '\u0309': 0xd2,
  '\u0323': 0xf2,
};

/** @param precomposed à, é, ù and their like as the one byte that they have too */
export function asCp1258(text: string, precomposed = false): Buffer {
  const bytes = [...text.normalize('NFC')].flatMap((letter) => {
    if (precomposed && /[ÀÁÈÉÍÓÙÚàáèéíóùú]/.test(letter)) return [letter.charCodeAt(0)];
    const { base, tone } = apart(letter);
    const at = cp1258Letters.indexOf(base);
    return [at < 0 ? base.charCodeAt(0) : (cp1258Bytes[at] as number), ...(tone ? [cp1258Tones[tone] as number] : [])];
  });
  return Buffer.from(bytes);
}

/** Each vowel's five tones in the order grave, hook, tilde, acute, dot (TCVN 5712:1993, VN3). */
const tcvn3: Readonly<Record<string, readonly number[]>> = {
  a: [0xb5, 0xb6, 0xb7, 0xb8, 0xb9],
  ă: [0xbb, 0xbc, 0xbd, 0xbe, 0xc6],
  â: [0xc7, 0xc8, 0xc9, 0xca, 0xcb],
  e: [0xcc, 0xce, 0xcf, 0xd0, 0xd1],
  ê: [0xd2, 0xd3, 0xd4, 0xd5, 0xd6],
  i: [0xd7, 0xd8, 0xdc, 0xdd, 0xde],
  o: [0xdf, 0xe1, 0xe2, 0xe3, 0xe4],
  ô: [0xe5, 0xe6, 0xe7, 0xe8, 0xe9],
  ơ: [0xea, 0xeb, 0xec, 0xed, 0xee],
  u: [0xef, 0xf1, 0xf2, 0xf3, 0xf4],
  ư: [0xf5, 0xf6, 0xf7, 0xf8, 0xf9],
  y: [0xfa, 0xfb, 0xfc, 0xfd, 0xfe],
};
const tcvn3Plain = letters('ĂÂÊÔƠƯĐ', [0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7]);
const tcvn3PlainSmall = letters('ăâêôơưđ', [0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae]);

function letters<T>(from: string, to: readonly T[]): ReadonlyMap<string, T> {
  return new Map([...from].map((letter, at) => [letter, to[at] as T]));
}

export function asTcvn3(text: string): Buffer {
  const bytes = [...text.normalize('NFC')].map((letter) => {
    const { base, tone } = apart(letter);
    if (tone) return tcvn3[base.toLowerCase()]?.['\u0300\u0309\u0303\u0301\u0323'.indexOf(tone)] as number;
    return tcvn3Plain.get(base) ?? tcvn3PlainSmall.get(base) ?? base.charCodeAt(0);
  });
  return Buffer.from(bytes);
}

const vniSmall = letters('íìỉĩịỵđăắằẳẵặ', ['í', 'ì', 'æ', 'ó', 'ò', 'î', 'ñ', 'aê', 'aé', 'aè', 'aú', 'aü', 'aë']);
const vniTones: Readonly<Record<string, string>> = {
  '\u0301': 'ù',
  '\u0300': 'ø',
  '\u0309': 'û',
  '\u0303': 'õ',
  '\u0323': 'ï',
};
const vniWithCircumflex: Readonly<Record<string, string>> = {
  '': 'â',
  '\u0301': 'á',
  '\u0300': 'à',
  '\u0309': 'å',
  '\u0303': 'ã',
  '\u0323': 'ä',
};

export function asVni(text: string): Buffer {
  const latin = [...text.normalize('NFC')].map((letter) => {
    const small = letter.toLowerCase();
    const { base, tone } = apart(small);
    let written = vniSmall.get(small);
    if (written === undefined && 'âêô'.includes(base))
      written = base.normalize('NFD').slice(0, 1) + (vniWithCircumflex[tone] as string);
    written ??= ({ ơ: 'ô', ư: 'ö' }[base] ?? base) + (vniTones[tone] ?? '');
    return letter === small ? written : written.toUpperCase();
  });
  return Buffer.from(latin.join(''), 'latin1');
}
