// What is rarely changed of a device: what it may do, how it is known, how its data sets are read.
import { deviceServices, type Device, type DeviceService } from '../administration-client.ts';
import { Choice, Field } from '../form-field.tsx';
import { text, type Msg } from '../text.ts';

const serviceWords: Record<DeviceService, Msg> = {
  store: 'mayStore',
  'query-retrieve': 'mayQueryRetrieve',
  worklist: 'mayWorklist',
  mpps: 'mayMpps',
  commitment: 'mayCommitment',
};
/** Defined terms of Specific Character Set (PS3.3 C.12.1.1.2) that devices are known to leave out, or to know alone. */
const characterSets: readonly (readonly [term: string, words: Msg])[] = [
  ['', 'charactersNone'],
  ['ISO_IR 192', 'charactersUtf8'],
  ['ISO 2022 IR 6', 'charactersAscii'],
  ['ISO_IR 100', 'charactersLatin1'],
  ['ISO_IR 101', 'charactersLatin2'],
  ['ISO_IR 144', 'charactersCyrillic'],
  ['ISO_IR 166', 'charactersThai'],
  ['GB18030', 'charactersChinese'],
  ['\\ISO 2022 IR 149', 'charactersKorean'],
  ['ISO_IR 13\\ISO 2022 IR 87', 'charactersJapanese'],
];

export function FurtherFields({ device }: { device: Device | undefined }) {
  const services = device?.services ?? deviceServices;
  const characterSet = device?.characterSet ?? '';
  const isListed = characterSets.some(([term]) => term === characterSet);
  return (
    // A browser shows what is wrong with a field only where the field is shown.
    <details class="further" onInvalidCapture={(event) => (event.currentTarget.open = true)}>
      <summary>{text('furtherSettings')}</summary>
      <fieldset class="choices">
        <legend>{text('mayDo')}</legend>
        {deviceServices.map((service) => (
          <label key={service}>
            <input type="checkbox" name="services" value={service} defaultChecked={services.includes(service)} />
            {text(serviceWords[service])}
          </label>
        ))}
      </fieldset>
      <fieldset class="choices">
        <legend>{text('security')}</legend>
        <label>
          <input type="checkbox" name="tls" defaultChecked={device?.tls ?? false} />
          {text('speaksTls')}
        </label>
        <Field label={text('certificateName')} hint={text('certificateNameHint')}>
          {(props) => (
            <input
              {...props}
              name="tlsSubject"
              maxLength={64}
              defaultValue={device?.tlsSubject ?? ''}
              autocomplete="off"
              spellcheck={false}
            />
          )}
        </Field>
        <Field label={text('certificateFingerprint')} hint={text('certificateFingerprintHint')}>
          {(props) => (
            <input
              {...props}
              name="tlsFingerprint"
              maxLength={95}
              pattern="\s*([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}\s*"
              title={text('certificateFingerprintPattern')}
              defaultValue={device?.tlsFingerprint ?? ''}
              autocomplete="off"
              spellcheck={false}
            />
          )}
        </Field>
        <Field label={text('userIdentity')} hint={text('userIdentityHint')}>
          {(props) => (
            <Choice
              {...props}
              name="userIdentity"
              chosen={device?.userIdentity ?? 'none'}
              options={[
                ['none', text('identityNone')],
                ['optional', text('identityOptional')],
                ['required', text('identityRequired')],
              ]}
            />
          )}
        </Field>
      </fieldset>
      <fieldset class="choices">
        <legend>{text('itsDataSets')}</legend>
        <Field label={text('characters')} hint={text('charactersHint')}>
          {(props) => (
            <Choice
              {...props}
              name="characterSet"
              chosen={characterSet}
              options={[
                ...characterSets.map(([term, words]) => [term, text(words)] as const),
                ...(isListed ? [] : [[characterSet, characterSet] as const]),
              ]}
            />
          )}
        </Field>
        <Field label={text('issuer')} hint={text('issuerHint')}>
          {(props) => (
            <input
              {...props}
              name="defaultIssuer"
              maxLength={64}
              defaultValue={device?.defaultIssuer ?? ''}
              autocomplete="off"
            />
          )}
        </Field>
        <Field label={text('otherBytes')}>
          {(props) => (
            <Choice
              {...props}
              name="onOtherBytes"
              chosen={device?.onOtherBytes ?? 'keep-first'}
              options={[
                ['keep-first', text('keepFirst')],
                ['replace', text('replaceBytes')],
              ]}
            />
          )}
        </Field>
      </fieldset>
      <label class="check">
        <input type="checkbox" name="wantsAvailability" defaultChecked={device?.wantsAvailability ?? false} />
        {text('wantsAvailability')}
      </label>
    </details>
  );
}
