// The words of the page where everybody changes his own password, in Vietnamese and English; loaded with it.

const vi = {
  ownPasswordLead: 'Tài khoản {name}. Các phiên đăng nhập khác của tài khoản này sẽ kết thúc; phiên này thì không.',
  ownPasswordOffer:
    'Mật khẩu hiện tại do Lightbox tạo. Bạn có thể chọn mật khẩu dễ nhớ hơn, hoặc cứ dùng tiếp nếu đã cất nơi an toàn.',
  oldPassword: 'Mật khẩu hiện tại',
  chosenPassword: 'Mật khẩu mới',
  chosenPasswordHint: 'Ít nhất 8 ký tự. Vài từ ghép lại dễ nhớ và khó đoán hơn một từ có số và dấu.',
  passwordAgain: 'Nhập lại mật khẩu mới',
  passwordsDiffer: 'Hai mật khẩu mới không giống nhau.',
  passwordIsOld: 'Mật khẩu mới phải khác mật khẩu hiện tại.',
  passwordIsName: 'Mật khẩu không được là tên tài khoản.',
  passwordChanging: 'Đang đổi…',
  passwordChanged: 'Đã đổi mật khẩu',
  passwordChangedNext: 'Từ nay hãy đăng nhập bằng mật khẩu mới. Nơi khác đang dùng tài khoản này đã bị đăng xuất.',
  toStudies: 'Về danh sách ca chụp',
};

export type OwnPasswordMsg = keyof typeof vi;

const en = {
  ownPasswordLead: 'Account {name}. Its other sessions end; this one stays.',
  ownPasswordOffer:
    'Lightbox made the password that you have. You may choose one that is easier to remember, or keep it if you have it in a safe place.',
  oldPassword: 'Current password',
  chosenPassword: 'New password',
  chosenPasswordHint:
    '8 characters at least. Some words in a row are easier to remember, and harder to guess, than one with digits in it.',
  passwordAgain: 'New password again',
  passwordsDiffer: 'The two new passwords are not the same.',
  passwordIsOld: 'The new password has to differ from the current one.',
  passwordIsName: 'The password must not be the name of the account.',
  passwordChanging: 'Changing…',
  passwordChanged: 'The password is changed',
  passwordChangedNext: 'Sign in with the new one from now on. Wherever else this account was in use, it is signed out.',
  toStudies: 'To the study list',
} satisfies Record<OwnPasswordMsg, string>;

export const ownPasswordTexts = { vi, en };
