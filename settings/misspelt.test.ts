import { expect, test } from 'vitest';
import { misspelt } from './misspelt.ts';

test('a name that is nearly a setting is told with the one that was probably meant', () => {
  const environment = {
    DATA_DRI: '/srv',
    HTTP_PROT: '80',
    ADMIN_PASWORD_FILE: '/run/secrets/admin',
    Dimse_Port: '104',
    STORGE_URL: 's3://',
  };
  expect(misspelt(environment)).toEqual([
    { name: 'ADMIN_PASWORD_FILE', likely: 'ADMIN_PASSWORD_FILE' },
    { name: 'DATA_DRI', likely: 'DATA_DIR' },
    { name: 'Dimse_Port', likely: 'DIMSE_PORT' },
    { name: 'HTTP_PROT', likely: 'HTTP_PORT' },
    { name: 'STORGE_URL', likely: 'STORAGE_URL' },
  ]);
});

test("settings, and other programs' variables, are not", () => {
  const settings = { DATA_DIR: '', ADMIN_PASSWORD_FILE: '', REDIS_URL: '', DIMSE_PORT: '' };
  const others = {
    PATH: '',
    HOME: '',
    PORT: '',
    HTTP_PROXY: '',
    http_proxy: '',
    SSL_CERT_FILE: '',
    SSL_CERT_DIR: '',
    NODE_ENV: '',
    LANG: '',
    TZ: '',
    DBUS_SESSION_BUS_ADDRESS: '',
    XDG_DATA_DIRS: '',
  };
  expect(misspelt({ ...settings, ...others })).toEqual([]);
});
