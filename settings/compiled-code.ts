/** Where Node keeps the compiled code of our modules from start to start. Nothing needs it; what is stale is not used. */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Beside the packages, writable for nobody but who installed them: what lies there is run. */
const besidePackages = fileURLToPath(new URL('../node_modules/.cache/lightbox', import.meta.url));

/** Node's own variable, which the programs that we start inherit. An operator may name another directory. */
const variable = 'NODE_COMPILE_CACHE';

/** For this process from now on, and for those it starts. Where nothing can be written there is none. */
export function keepCompiledCode(): void {
  process.env[variable] ??= besidePackages;
  enableCompileCache(process.env[variable]);
}

/** For a program that is ready: one that is killed later has left its part. */
export function saveCompiledCode(): void {
  flushCompileCache();
}
