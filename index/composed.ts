/**
 * Statements that are composed of pieces (`sql` of Kysely) as PostgreSQL takes them: text and parameters. Kysely writes them only;
 * sent they are by `pg`, so whatever composes nothing need not load it.
 */
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import type { CompiledQuery, RawBuilder } from 'kysely';

/** A piece of a statement. */
export type Fragment = RawBuilder<unknown>;

const writer = new Kysely<unknown>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (database) => new PostgresIntrospector(database),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

export function compiled<Row>(statement: RawBuilder<Row>): CompiledQuery<Row> {
  return statement.compile(writer);
}
