/**
 * What a person reads when a request fails, in Vietnamese and English: a title, and for Vietnamese readers a sentence with cause and next step.
 * (For English readers that sentence is the problem's own detail, which is more precise.)
 */
import type { ProblemCode } from './problems.ts';

export type Language = 'vi' | 'en';

export const problemText: Record<ProblemCode, { readonly en: string; readonly vi: string; readonly viDetail: string }> =
  {
    outOfResources: {
      en: 'Out of space',
      vi: 'Hết dung lượng lưu trữ',
      viDetail: 'Kho ảnh đã hết chỗ. Hãy báo người quản trị giải phóng hoặc mở rộng dung lượng rồi thử lại.',
    },
    doesNotMatchSOPClass: {
      en: 'Does not match the SOP class',
      vi: 'Dữ liệu không khớp SOP Class',
      viDetail: 'Nội dung của ảnh không đúng với SOP Class đã khai báo. Hãy kiểm tra cấu hình của thiết bị gửi.',
    },
    missingIdentity: {
      en: 'A required UID is missing',
      vi: 'Thiếu mã định danh (UID)',
      viDetail: 'Ảnh thiếu Study, Series hoặc SOP Instance UID nên không thể lưu. Hãy kiểm tra thiết bị gửi.',
    },
    cannotUnderstand: {
      en: 'Cannot be understood',
      vi: 'Không đọc được dữ liệu',
      viDetail: 'Dữ liệu DICOM bị hỏng hoặc không đúng chuẩn. Hãy gửi lại từ thiết bị gốc.',
    },
    processingFailure: {
      en: 'Something went wrong here',
      vi: 'Máy chủ gặp lỗi',
      viDetail: 'Máy chủ gặp lỗi ngoài dự kiến. Hãy thử lại; nếu vẫn lỗi, hãy báo người quản trị.',
    },
    objectUnreadable: {
      en: 'The stored image cannot be read',
      vi: 'Không đọc được ảnh đã lưu',
      viDetail:
        'Tệp ảnh trong kho ảnh bị hỏng hoặc không còn. Hãy gửi lại ảnh này từ thiết bị gốc và báo người quản trị kiểm tra đĩa.',
    },
    noSuchInstance: {
      en: 'No such instance',
      vi: 'Không có ảnh này',
      viDetail: 'Không tìm thấy ảnh được yêu cầu. Có thể ảnh chưa được gửi đến.',
    },
    sopClassNotSupported: {
      en: 'SOP class not supported',
      vi: 'SOP Class không được hỗ trợ',
      viDetail: 'Kho không nhận loại dữ liệu DICOM này. Hãy báo người quản trị nếu bạn cần lưu.',
    },
    notAuthorized: {
      en: 'Not allowed',
      vi: 'Không có quyền',
      viDetail:
        'Tài khoản này thiếu quyền cần thiết, hoặc chỉ được xem một số ca chụp. Người quản trị có thể cấp quyền.',
    },
    otherOrigin: {
      en: 'Page of another address',
      vi: 'Trang ở địa chỉ khác',
      viDetail:
        'Trang này không mở từ địa chỉ mà kho biết là của mình, nên không được thay đổi gì. Hãy mở kho bằng đúng địa chỉ; nếu có proxy đứng trước, người quản trị đặt PUBLIC_URL là địa chỉ mà trình duyệt dùng.',
    },
    notLoggedIn: {
      en: 'Not logged in',
      vi: 'Chưa đăng nhập',
      viDetail: 'Chưa đăng nhập, phiên đã hết hạn, hoặc tên và mật khẩu không đúng. Hãy đăng nhập lại.',
    },
    signInAgain: {
      en: 'Sign in again',
      vi: 'Cần nhập lại mật khẩu',
      viDetail:
        'Bạn đã đăng nhập từ lâu. Hãy đăng nhập lại bằng mật khẩu của mình rồi mới thay đổi tài khoản, phòng khi người khác dùng máy này.',
    },
    wrongPassword: {
      en: 'Wrong password',
      vi: 'Mật khẩu không đúng',
      viDetail: 'Mật khẩu hiện tại không đúng. Hãy kiểm tra phím Caps Lock và bộ gõ tiếng Việt rồi thử lại.',
    },
    badRequest: {
      en: 'Bad request',
      vi: 'Yêu cầu không hợp lệ',
      viDetail: 'Yêu cầu có phần không đúng. Hãy kiểm tra lại địa chỉ và các giá trị đã nhập.',
    },
    notFound: {
      en: 'Not found',
      vi: 'Không tìm thấy',
      viDetail: 'Không có gì ở địa chỉ này. Hãy kiểm tra lại đường dẫn.',
    },
    alreadyThere: {
      en: 'Already there',
      vi: 'Đã có rồi',
      viDetail: 'Mục này đã có. Hãy sửa mục đang có thay vì thêm mới.',
    },
    cannotChange: {
      en: 'Cannot be changed any more',
      vi: 'Không thể thay đổi nữa',
      viDetail:
        'Mục này đã được thực hiện, đã kết thúc hoặc đã huỷ nên không sửa được. Hãy tải lại để xem trạng thái mới.',
    },
    changedMeanwhile: {
      en: 'Changed meanwhile',
      vi: 'Vừa bị người khác sửa',
      viDetail: 'Người khác vừa sửa mục này nên chưa lưu, để không ghi đè. Hãy đóng, xem nội dung mới rồi làm lại.',
    },
    lastManager: {
      en: 'The last administrator',
      vi: 'Người quản trị cuối cùng',
      viDetail:
        'Đây là tài khoản cuối cùng có quyền quản trị nên không thể xoá hoặc bỏ quyền này. Hãy cấp quyền quản trị cho một tài khoản khác trước.',
    },
    ownAccount: {
      en: 'Your own account',
      vi: 'Tài khoản của chính bạn',
      viDetail:
        'Không thể tự xoá hoặc tự tạo lại mật khẩu của tài khoản đang đăng nhập. Hãy đổi mật khẩu ở mục Đổi mật khẩu, hoặc nhờ người quản trị khác.',
    },
    lookalikeName: {
      en: 'A name that could look like another',
      vi: 'Tên dễ nhầm với tên khác',
      viDetail:
        'Tên có chữ cái của nhiều bảng chữ (ví dụ chữ Nga giống chữ a), nên nhìn giống tên khác mà là tài khoản khác. Hãy gõ lại tên chỉ bằng chữ Việt hoặc chữ Latinh.',
    },
    notEmpty: {
      en: 'The archive is not empty',
      vi: 'Kho đã có ca chụp',
      viDetail: 'Chỉ nạp được ca chụp mẫu khi kho chưa có ca chụp nào khác.',
    },
    notAcceptable: {
      en: 'Not acceptable',
      vi: 'Không có định dạng được yêu cầu',
      viDetail: 'Máy chủ không thể trả dữ liệu ở định dạng mà chương trình yêu cầu.',
    },
    tooManyInstances: {
      en: 'Too many instances at once',
      vi: 'Quá nhiều ảnh trong một lần',
      viDetail: 'Một lần lấy không được nhiều ảnh như vậy. Hãy lấy từng ca chụp.',
    },
    tooLarge: {
      en: 'Too large',
      vi: 'Dữ liệu quá lớn',
      viDetail: 'Dữ liệu gửi lên vượt quá giới hạn cho phép. Hãy gửi từng phần, hoặc nhờ người quản trị nâng giới hạn.',
    },
    unsupportedMediaType: {
      en: 'Unsupported media type',
      vi: 'Định dạng không được hỗ trợ',
      viDetail: 'Máy chủ không nhận định dạng dữ liệu này.',
    },
    tooManyRequests: {
      en: 'Too many requests',
      vi: 'Quá nhiều yêu cầu',
      viDetail: 'Đã thử hoặc mở quá nhiều lần trong thời gian ngắn. Hãy đợi một phút rồi thử lại.',
    },
    tooManyAtOnce: {
      en: 'Too many requests at once',
      vi: 'Quá nhiều yêu cầu cùng lúc',
      viDetail: 'Tài khoản hoặc chương trình này đang có quá nhiều yêu cầu cùng lúc. Hãy thử lại sau vài giây.',
    },
    methodNotAllowed: {
      en: 'Method not allowed',
      vi: 'Phương thức không được phép',
      viDetail: 'Địa chỉ này không nhận phương thức HTTP đó.',
    },
    unavailable: {
      en: 'Not available at the moment',
      vi: 'Tạm thời không phục vụ được',
      viDetail: 'Cơ sở dữ liệu hoặc kho ảnh tạm thời không trả lời. Hãy thử lại sau ít phút.',
    },
    decodersBusy: {
      en: 'Too many frames to decode',
      vi: 'Đang giải nén quá nhiều ảnh',
      viDetail: 'Máy chủ đang giải nén quá nhiều ảnh cùng lúc. Hãy thử lại sau vài giây.',
    },
  };
