import { describe, expect, test } from 'vitest';
import { limits } from '#settings/limits.ts';
import { countGuesses, TooManyGuesses } from './guesses.ts';

const { guessesPerAccount, guessesPerAddress, guessesFromEverywhere, guessesCountMs } = limits.access;

describe('wrong passwords', () => {
  test('the sixth wrong password for one account from one address within a minute is not checked', () => {
    const guesses = countGuesses();
    for (let n = 0; n < guessesPerAccount; n++) guesses.attempt('admin', '10.0.0.5');
    expect(() => guesses.attempt('admin', '10.0.0.5')).toThrow(TooManyGuesses);
  });

  test('another account from that address, and that account from another address, are still checked', () => {
    const guesses = countGuesses();
    for (let n = 0; n < guessesPerAccount; n++) guesses.attempt('admin', '10.0.0.5');
    expect(() => guesses.attempt('lan', '10.0.0.5')).not.toThrow();
    expect(() => guesses.attempt('admin', '10.0.0.6')).not.toThrow();
  });

  test('one address that tries many accounts is stopped too', () => {
    const guesses = countGuesses();
    for (let n = 0; n < guessesPerAddress; n++) guesses.attempt(`account${n}`, '10.0.0.5');
    expect(() => guesses.attempt('one-more', '10.0.0.5')).toThrow(TooManyGuesses);
  });

  test('a crowd of addresses that tries one account is stopped too, and who has not guessed at it is not', () => {
    const guesses = countGuesses();
    for (let n = 0; n < guessesFromEverywhere; n++) guesses.attempt('admin', `10.1.0.${n}`);
    expect(() => guesses.attempt('admin', '10.1.0.0')).toThrow(TooManyGuesses);
    expect(() => guesses.attempt('lan', '10.1.0.0')).not.toThrow();
    expect(() => guesses.attempt('admin', '10.0.0.6')).not.toThrow();
    expect(() => guesses.attempt('admin', '10.0.0.6')).toThrow(TooManyGuesses);
  });

  test('ten addresses that take each place as it falls free do not keep the owner out, wherever he comes from', () => {
    let now = 0;
    const guesses = countGuesses({ now: () => now });
    let checked = 0;
    for (; now < 5 * guessesCountMs; now += 500) {
      for (let n = 0; n < 10; n++) {
        try {
          guesses.attempt('admin', `10.1.0.${n}`);
          checked++;
        } catch (error) {
          expect(error).toBeInstanceOf(TooManyGuesses);
        }
      }
      expect(() => guesses.attempt('admin', `10.2.0.${now / 500}`).takeBack()).not.toThrow();
    }
    expect(checked).toBe(5 * guessesFromEverywhere);
  });

  test('a name alone is not stopped by guesses at its password, and names that are no account’s are, by their address', () => {
    const guesses = countGuesses();
    for (let n = 0; n < guessesPerAccount; n++) guesses.attempt('admin', '10.0.0.5');
    for (let n = 0; n < guessesPerAddress; n++) guesses.nameAlone('10.0.0.5', true);
    for (let n = guessesPerAccount; n < guessesPerAddress; n++) guesses.nameAlone('10.0.0.5', false);
    for (const exists of [true, false]) expect(() => guesses.nameAlone('10.0.0.5', exists)).toThrow(TooManyGuesses);
    expect(() => guesses.nameAlone('10.0.0.6', true)).not.toThrow();
  });

  test('nobody is kept out for more than a minute after the last guess that was checked', () => {
    let now = 0;
    const guesses = countGuesses({ now: () => now });
    for (let n = 0; n < guessesPerAccount; n++) guesses.attempt('admin', '10.0.0.5');
    for (now = 1; now < guessesCountMs; now += 1000) {
      let thrown: unknown;
      try {
        guesses.attempt('admin', '10.0.0.5');
      } catch (error) {
        thrown = error;
      }
      expect((thrown as TooManyGuesses).retryAfterSeconds).toBe(Math.ceil((guessesCountMs - now) / 1000));
    }
    now = guessesCountMs;
    expect(() => guesses.attempt('admin', '10.0.0.5')).not.toThrow();
  });

  test('a right password does not count', () => {
    const guesses = countGuesses();
    for (let n = 0; n < 100; n++) guesses.attempt('admin', '10.0.0.5').takeBack();
    expect(() => guesses.attempt('admin', '10.0.0.5')).not.toThrow();
  });

  test('right passwords that are checked while others are do not count either', () => {
    const guesses = countGuesses();
    let last = guesses.attempt('account', '10.0.0.5');
    for (let n = 0; n < 100; n++) {
      const next = guesses.attempt(`account${n}`, '10.0.0.5');
      last.takeBack();
      last = next;
    }
    expect(() => guesses.attempt('admin', '10.0.0.5')).not.toThrow();
  });
});
