// Why there is no association with a device, and what to do then, in Vietnamese and English; for the pages that call devices.

const vi = {
  peerUnknownHost: 'Không tìm thấy tên máy này trong mạng. Hãy kiểm tra tên, hoặc ghi địa chỉ IP.',
  peerConnectionRefused:
    'Máy có trong mạng nhưng không mở cổng này. Hãy kiểm tra số cổng, và xem phần nhận ảnh DICOM trên thiết bị đã bật chưa.',
  peerUnreachable:
    'Không có máy nào trả lời ở địa chỉ này. Hãy kiểm tra máy đã bật chưa, địa chỉ có đúng không, và tường lửa có cho qua cổng này không.',
  peerSilent:
    'Cổng này nhận kết nối nhưng không trả lời theo DICOM. Hãy kiểm tra số cổng; nếu đúng, chương trình DICOM trên thiết bị có thể bị treo: hãy khởi động lại nó.',
  peerCallingAETitleNotRecognized:
    'Thiết bị từ chối vì không nhận ra máy chủ này. Trên thiết bị, hãy thêm máy chủ với AE title {aeTitle}.',
  peerCalledAETitleNotRecognized:
    'Thiết bị báo AE title của nó không phải là {name}. Hãy xem AE title trên thiết bị rồi sửa lại ở trang Thiết bị.',
  peerRejected: 'Thiết bị có trả lời nhưng đang từ chối kết nối. Có thể nó đang bận; hãy thử lại sau ít phút.',
  peerNoTls:
    'Cổng này không nhận TLS: có lẽ thiết bị không dùng TLS ở đây. Hãy bật TLS trên thiết bị, hoặc bỏ chọn TLS ở trang Thiết bị.',
  peerTlsRefused:
    'Không lập được kết nối TLS: thiết bị không nhận chứng thư của máy chủ này, hoặc chỉ có phiên bản TLS quá cũ. Trên thiết bị, hãy thêm nơi cấp chứng thư của máy chủ này.',
  peerCertificateNotTrusted:
    'Máy chủ này không tin chứng thư của thiết bị. Hãy thêm nơi cấp của nó vào DIMSE_TLS_CA, hoặc ghi dấu vân tay chứng thư ở trang Thiết bị.',
  peerCertificateExpired:
    'Chứng thư của thiết bị đã hết hạn hoặc chưa có hiệu lực. Hãy gia hạn, và xem lại đồng hồ của thiết bị.',
  peerCertificateOfAnother:
    'Chứng thư không phải của thiết bị này: tên hoặc dấu vân tay khác với đăng ký. Hãy kiểm tra địa chỉ, rồi mới sửa ở trang Thiết bị.',
  peerHungUp:
    'Có chương trình ở cổng này nhưng nó ngắt ngay: có lẽ không phải DICOM, hoặc cổng này đòi TLS. Hãy kiểm tra số cổng, và thiết bị có dùng TLS không.',
};

export type AssociationMsg = keyof typeof vi;

const en = {
  peerUnknownHost: 'The network does not know this host name. Check the name, or enter the IP address.',
  peerConnectionRefused:
    'The machine is there, but nothing listens at this port. Check the port, and that receiving is switched on there.',
  peerUnreachable:
    'Nothing answers at this address. Check that the device is on, that the address is right, and that no firewall is in between.',
  peerSilent:
    'This port takes the connection, but nobody answers as DICOM does. Check the port; if it is right, the DICOM program of the device may hang: restart it.',
  peerCallingAETitleNotRecognized:
    'The device refused us because it does not know us. On the device, add this server with the AE title {aeTitle}.',
  peerCalledAETitleNotRecognized:
    'The device says that its AE title is not {name}. Look it up on the device and correct it on the Devices page.',
  peerRejected: 'The device answers, but takes no association now. It may be busy; try again in a few minutes.',
  peerNoTls:
    'This port takes no TLS handshake: the device may not use TLS here. Switch it on there, or take the tick away on the Devices page.',
  peerTlsRefused:
    'TLS was not agreed on: the device does not take the certificate of this server, or only knows TLS that is too old. On the device, add the authority of our certificate.',
  peerCertificateNotTrusted:
    'This server does not trust the certificate of the device. Add its authority to DIMSE_TLS_CA, or enter the fingerprint on the Devices page.',
  peerCertificateExpired:
    'The certificate of the device has expired, or is not valid yet. Renew it, and check its clock.',
  peerCertificateOfAnother:
    'The certificate is not that of this device: its name or fingerprint differs from what is registered. Check the address before you change it on the Devices page.',
  peerHungUp:
    'Something listens at this port but hangs up at once: it may not be DICOM, or the port wants TLS. Check the port, and whether the device uses TLS.',
} satisfies Record<AssociationMsg, string>;

export const associationTexts = { vi, en };
