import type { ReactNode } from 'react';

interface WideTableProps {
  readonly caption: string;
  /** Headings; those of numbers in an array of their own. */
  readonly columns: readonly (string | readonly [number: string])[];
  readonly isBusy?: boolean;
  /** Rows. */
  readonly children: ReactNode;
}

/** A table that scrolls sideways where the window is narrow, also by keyboard. */
export function WideTable({ caption, columns, isBusy = false, children }: WideTableProps) {
  return (
    <div className="wide" role="group" aria-label={caption} tabIndex={0} aria-busy={isBusy}>
      <table>
        <caption className="heard">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) =>
              typeof column === 'string' ? (
                <th key={column} scope="col">
                  {column}
                </th>
              ) : (
                <th key={column[0]} scope="col" className="number">
                  {column[0]}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
