// Why something with a device did not work, and what to do about it, in Vietnamese and English; for the pages that tell of it.

const vi = {
  causeAssociationLost:
    'Kết nối với {name} bị ngắt giữa chừng. Phần còn lại tự được gửi tiếp; nếu lặp lại, hãy kiểm tra mạng và nhật ký trên thiết bị.',
  causeEndsAssociations:
    '{name} cứ nhận kết nối rồi ngắt khi chưa nhận hết ảnh. Hãy xem nhật ký trên thiết bị: có thể nó quá tải hoặc hết bộ nhớ.',
  causeOutOfResources: '{name} báo hết chỗ ({answer}). Hãy giải phóng dung lượng trên thiết bị, rồi bấm gửi lại.',
  causeNotAuthorized:
    '{name} không cho phép máy chủ này gửi ảnh ({answer}). Trên thiết bị, hãy cấp quyền lưu ảnh cho AE title {aeTitle}.',
  causeNotUnderstood:
    '{name} không đọc được ảnh ({answer}). Hãy xem nhật ký trên thiết bị để biết ảnh có gì mà nó không nhận.',
  causeAnsweredFailure: '{name} báo lỗi ({answer}). Hãy xem nhật ký trên thiết bị.',
  causeSOPClassNotTaken:
    '{name} không nhận loại ảnh {sopClass}. Hãy bật loại này trên thiết bị, hoặc chọn nơi nhận khác.',
  causeCannotReEncode:
    '{name} không nhận ảnh này ở dạng nào mà máy chủ chuyển sang được. Hãy bật kiểu nén của ảnh trên thiết bị, hoặc chọn nơi nhận khác.',
  causeDecodersBusy: 'Máy chủ đang giải nén quá nhiều ảnh. Phần còn lại tự được gửi tiếp.',
  causeObjectUnreadable:
    'Không đọc được ảnh từ kho. Hãy xem trang Tình trạng và kiểm tra ổ đĩa hoặc máy chủ S3; sau đó chạy lightbox verify.',
  causeProcessingFailure: 'Máy chủ gặp lỗi ngoài dự kiến. Hãy thử lại; nếu vẫn lỗi, báo người quản trị xem nhật ký.',
  causeNoDestination:
    '{name} không còn trong danh sách thiết bị, hoặc không có địa chỉ và cổng nhận ảnh. Hãy sửa ở trang Thiết bị, rồi thử lại.',
  causeNothingThere: 'Ca chụp hoặc chuỗi ảnh này không còn trong kho, nên không có gì để gửi.',
  causeTooManyInstances: 'Có quá nhiều ảnh cho một lần gửi. Hãy gửi từng chuỗi ảnh.',
  causeNotAllSent: 'Chưa gửi được hết ảnh. Hãy bấm gửi lại; nếu vẫn vậy, xem nhật ký ở cả hai phía.',
  causeAssociationBroken:
    'Kết nối bị ngắt giữa chừng. Nếu hay lặp lại, hãy kiểm tra mạng và thời gian chờ (timeout) trên thiết bị.',
  causeTooManyAssociations:
    '{name} mở quá nhiều kết nối cùng lúc nên bị từ chối bớt. Hãy giảm số kết nối trên thiết bị, hoặc tăng DIMSE_DEVICE_ASSOCIATIONS.',
  causeCallerCertificateNone:
    '{name} gọi đến mà không có chứng thư TLS nên bị từ chối. Trên thiết bị, hãy bật TLS với chứng thư của nó và dùng cổng TLS của máy chủ này; hoặc bỏ yêu cầu chứng thư ở trang này.',
  causeCallerCertificateNotTrusted:
    '{name} gọi đến bằng chứng thư TLS không do nơi cấp nào trong DIMSE_TLS_CA ký nên bị từ chối. Hãy cài chứng thư khác trên thiết bị, hoặc thêm nơi cấp vào DIMSE_TLS_CA.',
  causeCallerCertificateExpired:
    '{name} gọi đến bằng chứng thư TLS đã hết hạn hoặc chưa có hiệu lực nên bị từ chối. Hãy gia hạn chứng thư trên thiết bị, và kiểm tra đồng hồ ở cả hai phía.',
  causeCallerCertificateOfAnother:
    '{name} gọi đến bằng chứng thư TLS khác với chứng thư đã ghi ở đây nên bị từ chối. Nếu thiết bị vừa thay chứng thư, hãy sửa tên hoặc dấu vân tay của nó ở trang này.',
  causeIdentityRefused:
    '{name} đăng nhập bằng tài khoản hoặc mật khẩu không đúng. Hãy sửa tên và mật khẩu trên thiết bị.',
  causeIdentityNotGiven:
    '{name} gọi đến mà không kèm tên tài khoản và mật khẩu nên bị từ chối; máy chủ này không kiểm tra được vé Kerberos hay mã (token). Hãy nhập tên và mật khẩu trên thiết bị, hoặc bấm Sửa và bỏ yêu cầu đăng nhập của thiết bị.',
  causeIdentityNotChecked:
    'Chưa kiểm tra được tài khoản mà {name} đăng nhập: đã sai quá nhiều lần, hoặc máy chủ đang bận. Hãy thử lại sau ít phút.',
  causeRequestOutOfResources:
    'Máy chủ này không còn chỗ để nhận ảnh của {name}. Hãy xem trang Tình trạng, rồi gửi lại từ thiết bị.',
  causeRequestNotUnderstood:
    'Ảnh mà {name} gửi có lỗi nên không lưu được. Hãy gửi lại ảnh đó; nếu vẫn lỗi, báo hãng máy kèm dòng tiếng Anh bên dưới.',
  causeRequestFailed:
    'Không làm được một yêu cầu của {name}. Nếu lặp lại, hãy báo người quản trị kèm dòng tiếng Anh bên dưới.',
  causeTakesNoReports:
    '{name} không nhận xác nhận đã lưu trữ (Storage Commitment). Hãy bật phần này trên thiết bị, rồi thử lại.',
  causeTakesNoNotifications:
    '{name} không nhận thông báo ảnh đã sẵn sàng (Instance Availability Notification). Hãy bật phần này trên thiết bị, hoặc tắt thông báo cho thiết bị ở trang này.',
  causeNotificationsGivenUp:
    '{name} đã không nhận thông báo ảnh đã sẵn sàng suốt bảy ngày, nên thông báo đó bị bỏ ({answer}). Hãy kiểm tra thiết bị, và tự xem ca chụp nào nó còn thiếu.',
};

export type FailuresMsg = keyof typeof vi;

const en = {
  causeAssociationLost:
    'The association with {name} broke off. What is left is sent by itself; if it happens again, check the network and the log of the device.',
  causeEndsAssociations:
    '{name} takes associations and ends them before it has everything. Look into its log: it may be overloaded or out of memory.',
  causeOutOfResources: '{name} says that it is full ({answer}). Free space on the device, then send again.',
  causeNotAuthorized:
    '{name} does not let us store ({answer}). On the device, let the AE title {aeTitle} store images.',
  causeNotUnderstood: '{name} cannot read the images ({answer}). Its log says what in them it does not take.',
  causeAnsweredFailure: '{name} answered with an error ({answer}). Look into its log.',
  causeSOPClassNotTaken: '{name} takes no {sopClass}. Switch it on there, or choose another destination.',
  causeCannotReEncode:
    '{name} takes these images in no form that can be made of them. Switch on their compression there, or choose another destination.',
  causeDecodersBusy: 'This server is decoding too many images. What is left is sent by itself.',
  causeObjectUnreadable:
    'An image cannot be read from the storage. See the Status page and check the disk, or the S3 server; then run lightbox verify.',
  causeProcessingFailure:
    'This server met an error that nobody expected. Try again; if it stays so, have the administrator look into the log.',
  causeNoDestination:
    '{name} is not registered any more, or has no address and port. Correct it on the Devices page, then try again.',
  causeNothingThere: 'The study or series is not in the archive any more, so there is nothing to send.',
  causeTooManyInstances: 'These are too many images for one send. Send them series by series.',
  causeNotAllSent: 'Not everything was sent. Send again; if it stays so, look into the logs of both sides.',
  causeAssociationBroken:
    'The association broke off. If it happens often, check the network, and the timeouts on the device.',
  causeTooManyAssociations:
    '{name} opened too many associations at once, and some were refused. Lower their number on the device, or raise DIMSE_DEVICE_ASSOCIATIONS.',
  causeCallerCertificateNone:
    '{name} called without a TLS certificate and was refused. On the device, switch TLS on with its certificate and use the TLS port of this server; or ask for no certificate on this page.',
  causeCallerCertificateNotTrusted:
    '{name} called with a TLS certificate that no authority in DIMSE_TLS_CA has signed, and was refused. Install another certificate on the device, or add its authority to DIMSE_TLS_CA.',
  causeCallerCertificateExpired:
    '{name} called with a TLS certificate that has expired, or is not valid yet, and was refused. Renew it on the device, and check the clocks of both sides.',
  causeCallerCertificateOfAnother:
    '{name} called with another TLS certificate than the one entered here, and was refused. If its certificate was renewed, correct its name or fingerprint on this page.',
  causeIdentityRefused: '{name} signed in with an account or a password that is not right. Correct them on the device.',
  causeIdentityNotGiven:
    '{name} called without the name of an account and its password, and was refused; this server cannot check Kerberos tickets or tokens. Enter name and password on the device, or press Edit and no longer ask for them.',
  causeIdentityNotChecked:
    'The account that {name} signed in with could not be checked: too many wrong passwords, or this server is busy. Try again in a few minutes.',
  causeRequestOutOfResources:
    'This server has no space left for the images of {name}. See the Status page, then send again from the device.',
  causeRequestNotUnderstood:
    'An image that {name} sent is damaged and was not stored. Send it again; if it stays so, tell the vendor, with the line below.',
  causeRequestFailed:
    'Something that {name} asked for could not be done. If it happens again, tell the administrator, with the line below.',
  causeTakesNoReports:
    '{name} takes no confirmation that images are stored (Storage Commitment). Switch that on there, then try again.',
  causeTakesNoNotifications:
    '{name} takes no Instance Availability Notifications. Switch that on there, or switch the notifications off for it on this page.',
  causeNotificationsGivenUp:
    '{name} has not taken a notification for seven days, and it was given up ({answer}). Check the device, and see which studies it has not heard of.',
} satisfies Record<FailuresMsg, string>;

export const failuresTexts = { vi, en };
