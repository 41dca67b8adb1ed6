// The words of the status page, in Vietnamese and English; loaded with it.

const vi = {
  statusGood: 'Mọi thứ hoạt động bình thường',
  statusAttention: 'Có việc cần làm',
  statusBroken: 'Có bộ phận không hoạt động',
  statusVersion: 'Lightbox {version}, chạy từ {since}',
  statusDatabase: 'Cơ sở dữ liệu',
  statusStorage: 'Kho ảnh',
  statusPrograms: 'Chương trình',
  statusQueue: 'Việc chạy nền',
  partOk: 'Hoạt động',
  partFull: 'Hết chỗ',
  partFailed: 'Không hoạt động',
  databaseSize: 'Chiếm {size}',
  storageFree: 'Còn trống {size}',
  storageDays: 'Đủ khoảng {days} ngày: mỗi ngày nhận {size}',
  storageADay: 'Mỗi ngày nhận {size}',
  storageUnknown: 'Kho S3 không cho biết dung lượng trống',
  storageOnDisk: 'Trên đĩa của máy này',
  storageOnS3: 'Trên máy chủ S3',
  programArchive: 'Nhận và trả ảnh',
  programWorker: 'Chạy nền',
  onMachine: 'máy {address}',
  onThisMachine: 'cùng máy với cơ sở dữ liệu',
  queueOnPostgresql: 'Hàng đợi nằm trong PostgreSQL',
  queueOnRedis: 'Hàng đợi nằm trong Redis',
  jobName: 'Việc',
  jobWaiting: 'Chờ',
  jobRunning: 'Đang làm',
  jobFailed: 'Lỗi',
  jobThumbnail: 'Tạo ảnh nhỏ',
  jobSeriesMetadata: 'Chuẩn bị thông tin chuỗi ảnh',
  jobStorageFull: 'Kho ảnh hết chỗ. Hãy giải phóng hoặc thêm dung lượng, rồi bấm thử lại.',
  jobStorageAway: 'Máy chủ S3 giữ ảnh không trả lời. Hãy kiểm tra máy đó và mạng; việc này tự được thử lại.',
  jobObjectMissing:
    'Một ảnh của chuỗi bị mất hoặc bị cắt ngắn trong kho. Hãy chạy lightbox verify để biết ảnh nào, khôi phục từ bản sao lưu hoặc gửi lại từ máy chụp, rồi bấm thử lại.',
  jobStorageFailed: 'Không đọc hoặc ghi được kho ảnh. Hãy kiểm tra ổ đĩa hoặc máy chủ S3, rồi bấm thử lại.',
  jobDatabaseAway: 'Cơ sở dữ liệu không trả lời. Hãy kiểm tra PostgreSQL; việc này tự được thử lại.',
  jobDecodersBusy: 'Máy chủ đang giải nén quá nhiều ảnh. Việc này tự được thử lại, không cần làm gì.',
  jobTookTooLong:
    'Việc này quá lâu nên bị dừng. Hãy thử lại khi máy chủ bớt bận; nếu vẫn vậy, kiểm tra tốc độ ổ đĩa hoặc máy chủ S3.',
  jobUnexpected:
    'Lỗi ngoài dự kiến. Hãy thử lại; nếu vẫn lỗi, báo người quản trị xem worker.log kèm dòng tiếng Anh bên dưới.',
  failedTitle: 'Việc bị lỗi',
  failedNext: 'Mỗi việc tự được thử lại, lần sau lâu hơn lần trước. Ảnh gốc không bị ảnh hưởng.',
  failedCause: 'Nguyên nhân',
  failedAt: 'Lúc',
  retryOne: 'Thử lại',
  retryAll: 'Thử lại tất cả',
  openItsStudy: 'Xem ca chụp',
  alertStorageFailed: 'Kho ảnh không hoạt động: không nhận được ảnh mới, ảnh cũ có thể không mở được.',
  faultMissing: 'Không thấy thư mục chứa ảnh: kiểm tra ổ đĩa còn cắm và đã được gắn (mount) đúng chỗ chưa.',
  faultReadOnly:
    'Hệ điều hành chỉ còn cho đọc ổ đĩa này, thường là vì đĩa có lỗi: xem dmesg, kiểm tra đĩa, rồi gắn lại ở chế độ ghi được.',
  faultNotAllowed:
    'Lightbox không được phép ghi vào thư mục chứa ảnh: trả thư mục đó cho người dùng chạy Lightbox (chown -R).',
  faultBroken: 'Ổ đĩa báo lỗi khi đọc hoặc ghi: xem dmesg, chép dữ liệu sang đĩa khác càng sớm càng tốt.',
  faultTooManyFiles:
    'Chương trình đã mở hết số tệp được phép: tăng giới hạn (ulimit -n, LimitNOFILE) lên 65536 rồi khởi động lại Lightbox.',
  faultNoAnswer: 'Ổ đĩa hoặc máy chủ S3 không trả lời kịp: kiểm tra máy đó và mạng.',
  faultOther: 'Nguyên nhân nằm trong logs/archive.log.',
  brokenSince: '(từ {when})',
  alertStorageFull:
    'Kho ảnh đã đầy: không nhận thêm được ảnh. Ảnh cũ vẫn xem được. Giải phóng hoặc thêm dung lượng ngay.',
  alertDatabaseFull:
    'Đĩa của cơ sở dữ liệu (PostgreSQL) đã đầy: không nhận thêm được ảnh và không đăng nhập được nữa. Ảnh đã lưu không mất và vẫn xem được. Giải phóng dung lượng trên đĩa đó, nhưng đừng xoá gì trong thư mục của PostgreSQL; hệ thống sẽ tự chạy tiếp.',
  alertRecordLost:
    'Không ghi được nhật ký truy cập (ai đã xem gì): các dòng của nó đang bị mất. Kiểm tra ổ đĩa chứa logs trong DATA_DIR, hoặc ACCESS_LOG_DIR: còn chỗ trống không, có ghi được không.',
  alertStorageLow: 'Kho ảnh sắp đầy: chỉ còn {size}. Hãy thêm dung lượng trong vài ngày tới.',
  alertStorageLowDays:
    'Kho ảnh sắp đầy: còn {size}, với mức nhận ảnh tuần qua chỉ đủ khoảng {days} ngày. Hãy thêm dung lượng trước đó.',
  alertWorkerAway:
    'Chương trình chạy nền không hoạt động: không có ảnh nhỏ mới. Ảnh vẫn nhận và xem được. Khởi động lại Lightbox.',
  alertWorkerSlow:
    'Việc chạy nền bị chậm: có việc chờ quá 15 phút. Nếu không phải vừa nhập nhiều ảnh, hãy kiểm tra máy chủ có quá tải không.',
  alertJobsFailed: 'Có việc chạy nền bị lỗi. Xem nguyên nhân bên dưới rồi thử lại.',
  alertCertificateRefused:
    'Chứng thư mới (TLS_CERT, TLS_KEY hoặc DIMSE_TLS_CA) không dùng được; chứng thư cũ vẫn đang dùng. Xem nguyên nhân trong nhật ký.',
  alertCertificateExpired:
    'Chứng thư của máy chủ đã hết hạn ({expires}): trình duyệt và thiết bị từ chối kết nối. Hãy gia hạn ngay.',
  alertCertificateExpires: 'Chứng thư của máy chủ sắp hết hạn ({expires}). Hãy gia hạn; không cần khởi động lại.',
  alertDevicesWait: '{n} thiết bị đang chờ duyệt. Chúng chưa gửi được ảnh.',
  alertCommitmentsUnreported:
    'Không báo được cho {names} rằng ảnh đã lưu an toàn. Xem bên dưới, và đừng xoá ảnh trên thiết bị khi nó chưa được xác nhận.',
  unreportedTitle: 'Xác nhận lưu trữ chưa báo được',
  unreportedNext:
    'Thiết bị xin xác nhận đã lưu trữ (storage commitment), nhưng suốt ba ngày không nhận được câu trả lời. Ở trang Thiết bị, hãy kiểm tra địa chỉ và cổng của nó rồi bấm Kiểm tra; khi kết nối tốt, bấm Thử lại tất cả ở đây, hoặc xin xác nhận lại trên thiết bị.',
  unreportedRequests: '{n} yêu cầu, từ {when}',
  alertDatabaseFailed:
    'Cơ sở dữ liệu không trả lời: không tìm và không nhận được ảnh. Kiểm tra PostgreSQL; ảnh đã lưu không mất.',
  checkedAt: 'Kiểm tra lúc {time}, tự làm mới mỗi 5 giây',
  retried: 'Đang thử lại.',
};

export type StatusMsg = keyof typeof vi;

const en = {
  statusGood: 'Everything works',
  statusAttention: 'Something needs you',
  statusBroken: 'A part does not work',
  statusVersion: 'Lightbox {version}, running since {since}',
  statusDatabase: 'Database',
  statusStorage: 'Image storage',
  statusPrograms: 'Programs',
  statusQueue: 'Background work',
  partOk: 'Works',
  partFull: 'Full',
  partFailed: 'Does not work',
  databaseSize: 'Takes {size}',
  storageFree: '{size} free',
  storageDays: 'Enough for about {days} day|days: {size} come in a day',
  storageADay: '{size} come in a day',
  storageUnknown: 'An S3 server does not tell its free space',
  storageOnDisk: 'On a disk of this machine',
  storageOnS3: 'On an S3 server',
  programArchive: 'Receives and gives out images',
  programWorker: 'Background work',
  onMachine: 'machine {address}',
  onThisMachine: 'on the machine of the database',
  queueOnPostgresql: 'The queue is kept in PostgreSQL',
  queueOnRedis: 'The queue is kept in Redis',
  jobName: 'Job',
  jobWaiting: 'Waiting',
  jobRunning: 'Running',
  jobFailed: 'Failed',
  jobThumbnail: 'Make previews',
  jobSeriesMetadata: 'Prepare series information',
  jobStorageFull: 'The storage has no space left. Free or add space, then try again.',
  jobStorageAway:
    'The S3 server that keeps the images does not answer. Check it and the network; this is tried again by itself.',
  jobObjectMissing:
    'An image of the series is missing in the storage, or cut short. Run lightbox verify, which names it; restore it from the backup or send it again from the device; then try again.',
  jobStorageFailed: 'The storage could not be read or written. Check the disk, or the S3 server, then try again.',
  jobDatabaseAway: 'The database did not answer. Check PostgreSQL; this is tried again by itself.',
  jobDecodersBusy: 'This server was decoding too many images. This is tried again by itself; nothing needs to be done.',
  jobTookTooLong:
    'This took too long and was stopped. Try again when the server is less busy; if it stays so, check how fast the disk or the S3 server is.',
  jobUnexpected:
    'An error that nobody expected. Try again; if it stays so, have the administrator look into worker.log, with the line below.',
  failedTitle: 'Jobs that failed',
  failedNext: 'Each is tried again by itself, later every time. The images themselves are not affected.',
  failedCause: 'Cause',
  failedAt: 'When',
  retryOne: 'Try again',
  retryAll: 'Try all again',
  openItsStudy: 'Open the study',
  alertStorageFailed: 'The image storage does not work: nothing is received, and images that are there may not open.',
  faultMissing: 'The directory of the images is not there: check that the disk is plugged in and mounted in its place.',
  faultReadOnly:
    'The system lets this disk only be read, usually after errors of the disk: see dmesg, check the disk, then mount it for writing again.',
  faultNotAllowed:
    'Lightbox may not write to the directory of the images: give it back to the user who runs Lightbox (chown -R).',
  faultBroken:
    'The disk reports errors when it is read or written: see dmesg, and copy the data to another disk as soon as you can.',
  faultTooManyFiles:
    'The program has as many files open as it may: raise the limit (ulimit -n, LimitNOFILE) to 65536, and restart Lightbox.',
  faultNoAnswer: 'The disk or the S3 server does not answer in time: check that machine and the network.',
  faultOther: 'The cause stands in logs/archive.log.',
  brokenSince: '(since {when})',
  alertStorageFull:
    'The image storage is full: nothing more is received. What is stored can be viewed. Free or add space now.',
  alertDatabaseFull:
    'The disk of the database (PostgreSQL) is full: nothing more is received, and nobody can sign in any more. What is stored is not lost, and can be viewed. Free space on that disk, but delete nothing of PostgreSQL there; then all goes on by itself.',
  alertRecordLost:
    'The access record (who saw what) cannot be written: lines of it are lost. Look at the disk of the logs in DATA_DIR, or of ACCESS_LOG_DIR: whether it has room, and can be written to.',
  alertStorageLow: 'The image storage is nearly full: {size} left. Add space within days.',
  alertStorageLowDays:
    'The image storage is nearly full: {size} left, enough for about {days} day|days at the pace of last week. Add space before then.',
  alertWorkerAway:
    'The background program does not run: no previews are made. Images are still received and shown. Restart Lightbox.',
  alertWorkerSlow:
    'Background work is late: something waits for more than 15 minutes. Unless much was just imported, check whether the server is overloaded.',
  alertJobsFailed: 'Background jobs failed. See the cause below, then try again.',
  alertCertificateRefused:
    'The new certificate (TLS_CERT, TLS_KEY or DIMSE_TLS_CA) cannot be used; the one before stays in use. The log says why.',
  alertCertificateExpired:
    'The certificate of this server has expired ({expires}): browsers and devices refuse it. Renew it now.',
  alertCertificateExpires: 'The certificate of this server ends soon ({expires}). Renew it; no restart is needed.',
  alertDevicesWait: 'Devices waiting for approval: {n}. Until then they cannot send.',
  alertCommitmentsUnreported:
    '{names} could not be told that images are safely stored. See below, and delete nothing on a device that has no confirmation.',
  unreportedTitle: 'Storage confirmations that did not arrive',
  unreportedNext:
    'The device asked for storage commitment and took no answer for three days. On the Devices page, check its address and port, then press Test; when the connection is good, press Try all again here, or ask anew on the device.',
  unreportedRequests: '{n} request|requests, since {when}',
  alertDatabaseFailed:
    'The database does not answer: nothing can be searched or received. Check PostgreSQL; what is stored is not lost.',
  checkedAt: 'Checked at {time}, again every 5 seconds',
  retried: 'It is tried again.',
} satisfies Record<StatusMsg, string>;

export const statusTexts = { vi, en };
