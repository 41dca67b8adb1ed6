// The items of a report as a list of lists.
import type { ReportItem } from './report-tree.ts';

export function ReportItems({ items }: { items: ReportItem[] }) {
  return (
    <ul>
      {items.map((item, place) => (
        <li key={place}>
          {item.value === undefined && item.concept ? (
            <strong class="report-heading">{item.concept}</strong>
          ) : (
            <>
              {item.concept && <span class="report-concept">{item.concept}: </span>}
              <span class="report-value">{item.value}</span>
            </>
          )}
          {item.items.length > 0 && <ReportItems items={item.items} />}
        </li>
      ))}
    </ul>
  );
}
