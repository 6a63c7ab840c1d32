// What a plot is exported as: pictures of what is seen, tables of what is drawn, Touchstone of what was computed.
import type { Trace } from '../../model/data/drawing';
import { type Series, toCsv } from '../../model/data/series';
import { toTouchstone } from '../../model/data/touchstone';
import { save } from '../../parts/files';
import type { MenuItem } from '../../parts/menu';
import { notify } from '../../parts/notices';

/** Pixels of a picture for each of the drawing: sharp in print. */
const SHARP = 2;

export interface Exported {
  stem: string;
  /** As a drawing of its own. */
  svg: () => string;
  xTitle: string;
  columns: readonly Trace[];
  /** What Touchstone is made of: complex curves of the shown version. */
  series: Series | undefined;
  impedance: number;
}

/** A picture of a drawing. A picture of the canvas would lack its ground and the names of the curves. */
async function picture(svg: string): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.naturalWidth * SHARP;
    canvas.height = image.naturalHeight * SHARP;
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done, failed) =>
      canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error('the browser made no picture')))),
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}

export function exportItems({ stem, svg, xTitle, columns, series, impedance }: Exported): MenuItem[] {
  return [
    {
      label: 'PNG picture',
      icon: 'camera',
      run: () =>
        picture(svg()).then(
          (blob) => save(`${stem}.png`, blob),
          (error: Error) => notify('bad', 'Not exported', error.message),
        ),
    },
    { label: 'SVG drawing', icon: 'plot', run: () => save(`${stem}.svg`, svg(), 'image/svg+xml') },
    { label: 'CSV table', icon: 'table', run: () => save(`${stem}.csv`, toCsv(xTitle, columns), 'text/csv') },
    {
      label: 'Touchstone',
      icon: 'export',
      disabled: !series,
      run: () => {
        const text = series && toTouchstone(series, impedance);
        if (text) save(`${stem}.s${Math.round(Math.sqrt(series.curves.length))}p`, text, 'text/plain');
        else notify('bad', 'Not exported', 'These curves are no square matrix of S-parameters.');
      },
    },
  ];
}
