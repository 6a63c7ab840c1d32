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
  /** Complex curves of the shown version, and what its result is stored as. */
  network: Network | undefined;
}

export interface Network {
  series: Series;
  blobs: { [name: string]: string };
  /** Hands what is stored to the user. */
  download: (blob: string) => void;
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

/** The file that the service wrote, where there is one: it has the warnings of the run, and version 2 all references. */
function touchstoneItem(stem: string, network: Network | undefined): MenuItem {
  const own = ['touchstone', 'touchstone2'].find((name) => network?.blobs[name]);
  const write = ({ series }: Network) => {
    try {
      save(`${stem}.s${series.ports?.length}p`, toTouchstone(series), 'text/plain');
    } catch (error) {
      notify('bad', 'Not exported', (error as Error).message);
    }
  };
  return {
    label: own === 'touchstone2' ? 'Touchstone 2.0' : 'Touchstone',
    icon: 'export',
    disabled: !network,
    run: () => network && (own ? network.download(own) : write(network)),
  };
}

export function exportItems({ stem, svg, xTitle, columns, network }: Exported): MenuItem[] {
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
    touchstoneItem(stem, network),
  ];
}
