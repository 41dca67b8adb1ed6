/**
 * The program that is started. Before anything else is loaded, Node is told to keep what it makes of our modules, and of
 * those we use: the next start, also that of a program that has crashed, takes a third less of the processor.
 */
import { keepCompiledCode } from '#settings/compiled-code.ts';

keepCompiledCode();
const { main } = await import('#commands/main.ts');
process.exitCode = await main(process.argv.slice(2));
