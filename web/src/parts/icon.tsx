// The client's icons. Services name them in their descriptions; an unknown name falls back to a plain mark.
import type { ReactNode } from 'react';

const box = 'M10 2.5 16.5 6v8L10 17.5 3.5 14V6zM3.5 6 10 9.6 16.5 6M10 9.6v7.9';

const PATHS: Record<string, ReactNode> = {
  cuboid: <path d={box} />,
  cylinder: (
    <>
      <ellipse cx="10" cy="5" rx="5.5" ry="2.3" />
      <path d="M4.5 5v10c0 1.3 2.5 2.3 5.5 2.3s5.5-1 5.5-2.3V5" />
    </>
  ),
  cone: <path d="M10 2.5 4 15c0 1.4 2.7 2.4 6 2.4s6-1 6-2.4zM4 15c0-1.4 2.7-2.4 6-2.4s6 1 6 2.4" />,
  sphere: (
    <>
      <circle cx="10" cy="10" r="7" />
      <path d="M3 10c0 1.7 3.1 3 7 3s7-1.3 7-3" />
    </>
  ),
  torus: (
    <>
      <ellipse cx="10" cy="10" rx="7.5" ry="5" />
      <path d="M6.5 9.3c1 1.7 6 1.7 7 0M7.3 10.2c1-1.4 4.4-1.4 5.4 0" />
    </>
  ),
  pyramid: <path d="M10 2.5 2.8 14 10 17.5 17.2 14zM10 2.5v15" />,
  extrude: (
    <path d="M4 13l4-2 8 2-4 2.500zM4 13V8l4-2 8 2v5M4 8l8 2.500V15.500M12 10.500 16 8M10 5V1.500M8.500 3 10 1.500 11.500 3" />
  ),
  revolve: (
    <path d="M10 2v16M12 5h3l1 5-2 4h-2M6.500 5.500C4 6 2.500 7 2.500 8.200c0 1.500 2.200 2.500 5 2.700M6 9.400l1.700 1.500-1.600 1.600" />
  ),
  union: (
    <>
      <path d="M3 3h9v5h5v9H8v-5H3z" fill="currentColor" fillOpacity=".25" />
    </>
  ),
  subtract: (
    <>
      <path d="M3 3h9v5H8v4H3z" fill="currentColor" fillOpacity=".25" />
      <path d="M12 8h5v9H8v-5" strokeDasharray="2 1.600" />
    </>
  ),
  intersect: (
    <>
      <path d="M3 3h9v9H3zM8 8h9v9H8z" />
      <path d="M8 8h4v4H8z" fill="currentColor" fillOpacity=".4" />
    </>
  ),
  translate: (
    <path d="M10 2v16M2 10h16M7.500 4.500 10 2l2.500 2.500M7.500 15.500 10 18l2.500-2.500M4.500 7.500 2 10l2.500 2.500M15.500 7.500 18 10l-2.500 2.500" />
  ),
  rotate: <path d="M16 10a6 6 0 1 1-2-4.500M14.500 2v3.800h-3.800" />,
  scale: <path d="M3 10h7v7H3zM13 3h4v4M17 3l-6 6M3 6V3h3" />,
  mirror: <path d="M10 2v16M7.500 5 2.500 15h5zM12.500 5l5 10h-5z" />,
  pattern: <path d="M3 3h4v4H3zM13 3h4v4h-4zM3 13h4v4H3zM13 13h4v4h-4z" />,
  chamfer: <path d="M3 17V3h8l6 6v8z" />,
  blend: <path d="M3 17V3h7a7 7 0 0 1 7 7v7z" />,
  pick: (
    <>
      <circle cx="10" cy="10" r="4.500" />
      <path d="M10 1.500v6M10 12.500v6M1.500 10h6M12.500 10h6" />
    </>
  ),
  face: (
    <>
      <path d={box} strokeOpacity=".55" />
      <path d="M3.500 6 10 9.600v7.900L3.500 14z" fill="currentColor" />
    </>
  ),
  edge: (
    <>
      <path d={box} strokeOpacity=".55" />
      <path d="M10 9.600v7.900" strokeWidth="3.500" />
    </>
  ),
  point: (
    <>
      <path d={box} strokeOpacity=".55" />
      <circle cx="10" cy="9.600" r="2.600" fill="currentColor" />
    </>
  ),
  flip: <path d="M3 7h12M12 4l3 3-3 3M17 13H5M8 10l-3 3 3 3" />,
  pause: <path d="M7 4v12M13 4v12" strokeWidth="2.500" />,
  import: <path d="M10 3v9M6.500 8.500 10 12l3.500-3.500M3 13v4h14v-4" />,
  export: <path d="M10 12V3M6.500 6.500 10 3l3.500 3.500M3 13v4h14v-4" />,
  mesh: <path d="M3 3h14v14H3zM3 6.500h14M3 11h14M7 3v14M12.500 3v14" />,
  cells: (
    <>
      <path d="M3 17v-4.500h4.500V8H12V3.500h5V17z" fill="currentColor" fillOpacity="0.22" />
      <path d="M3 17v-4.500h4.500V8H12V3.500h5V17zM7.500 12.500V17M12 8v9M7.500 12.500H17M12 8h5" />
    </>
  ),
  port: (
    <>
      <circle cx="10" cy="10" r="3" />
      <path d="M10 2v5M10 13v5M5 4.500v11" />
    </>
  ),
  waveguide: <path d="M2.500 6.500h9v9h-9zM11.500 6.500l6-3v9l-6 3M2.500 6.500l6-3h9" />,
  boundaries: <path d="M3 3h14v14H3z" strokeDasharray="3 2" />,
  monitor: (
    <path d="M2.500 10S5.500 5 10 5s7.500 5 7.500 5-3 5-7.500 5-7.500-5-7.500-5zM10 8a2 2 0 1 1 0 4 2 2 0 0 1 0-4z" />
  ),
  run: <path d="M5 3.500 16 10 5 16.500z" fill="currentColor" fillOpacity=".25" />,
  build: <path d={`${box}M3.500 10 10 13.600 16.500 10`} />,
  wave: <path d="M2 10c2-7 4-7 5.300 0s3.300 7 5.300 0S16 3 18 10" />,
  parameter: <path d="M3 5h9M15 5h2M13.500 3.500v3M3 10h3M9 10h8M7.500 8.500v3M3 15h7M13 15h4M11.500 13.500v3" />,
  material: <path d="M10 2.500 17 6.500v7L10 17.500 3 13.500v-7zM3 6.500l7 11M10 2.500v15M17 6.500l-7 11M3 6.500h14" />,
  units: <path d="M2.500 7h15v6h-15zM5 7v3M7.500 7v2M10 7v3M12.500 7v2M15 7v3" />,
  plot: <path d="M3 3v14h14M4 8c3 0 3 7 5 7s2-9 4-9 2 3 4 3" />,
  smith: (
    <>
      <circle cx="10" cy="10" r="7.500" />
      <circle cx="13.750" cy="10" r="3.750" />
      <path d="M2.500 10h15M17.500 10A7.500 7.500 0 0 1 10 2.500M17.500 10A7.500 7.500 0 0 0 10 17.500" />
    </>
  ),
  field: <path d="M3 3h14v14H3zM6 13l3-3M9 15l4-5M6 9l2-3M12 8l3-3M13 14l3-3" />,
  table: <path d="M3 4h14v12H3zM3 8h14M3 12h14M8 4v12" />,
  folder: <path d="M2.500 5h5l2 2h8v9h-15z" />,
  entity: <path d="M5 2.500h7l3.500 3.500v11.500h-10.500zM12 2.500V6h3.500" />,
  undo: <path d="M7 4 3.500 7.500 7 11M4 7.500h7.500a4.500 4.500 0 0 1 0 9H7" />,
  redo: <path d="M13 4l3.500 3.500L13 11M16 7.500H8.500a4.500 4.500 0 0 0 0 9H13" />,
  branch: (
    <path d="M6 5.500v9M14 7.500c0 4-8 2-8 6M6 2.500a1.500 1.500 0 1 1 0 3 1.500 1.500 0 0 1 0-3zM6 14.500a1.500 1.500 0 1 1 0 3 1.500 1.500 0 0 1 0-3zM14 4.500a1.500 1.500 0 1 1 0 3 1.500 1.500 0 0 1 0-3z" />
  ),
  merge: (
    <path d="M6 5.500v9M6 6c0 4 8 2 8 6M6 2.500a1.500 1.500 0 1 1 0 3 1.500 1.500 0 0 1 0-3zM6 14.500a1.500 1.500 0 1 1 0 3 1.500 1.500 0 0 1 0-3zM14 12.500a1.500 1.500 0 1 1 0 3 1.500 1.500 0 0 1 0-3z" />
  ),
  tag: <path d="M3 3h7l7 7-7 7-7-7zM6.500 6.500h.01" />,
  history: <path d="M3.500 10a6.500 6.500 0 1 0 2-4.700M3.500 3v3h3M10 6.500V10l2.500 2" />,
  share: (
    <path d="M13 7a2.500 2.500 0 1 0 0-.01M3 10.500a2.500 2.500 0 1 0 5 0 2.500 2.500 0 1 0-5 0M12.500 15a2.500 2.500 0 1 0 0-.01M7.700 9.300l5.500-2M7.700 11.700l5 2.300" />
  ),
  search: <path d="M8.500 3a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11zM12.500 12.500 17 17" />,
  eye: (
    <path d="M2.500 10S5.500 5 10 5s7.500 5 7.500 5-3 5-7.500 5-7.500-5-7.500-5zM10 8a2 2 0 1 1 0 4 2 2 0 0 1 0-4z" />
  ),
  'eye-off': <path d="M2.500 10S5.500 5 10 5s7.500 5 7.500 5-3 5-7.500 5-7.500-5-7.500-5zM3 3l14 14" />,
  plus: <path d="M10 4v12M4 10h12" />,
  close: <path d="M5 5l10 10M15 5 5 15" />,
  more: <path d="M5 10h.01M10 10h.01M15 10h.01" strokeWidth="2.400" />,
  right: <path d="M8 5l5 5-5 5" />,
  down: <path d="M5 8l5 5 5-5" />,
  up: <path d="M5 12l5-5 5 5" />,
  trash: <path d="M4 5.500h12M8 5.500V3.500h4v2M5.500 5.500l.8 11.500h7.400l.8-11.500" />,
  copy: <path d="M7 7h9.500v9.500H7zM13 7V3.500H3.500V13H7" />,
  edit: <path d="M4 16l.8-3.500L13 4.300l2.700 2.700-8.200 8.200z" />,
  user: <path d="M10 3.500a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM4 17c.5-3.500 3-5 6-5s5.500 1.500 6 5" />,
  users: (
    <path d="M7.500 4a2.700 2.700 0 1 1 0 5.400 2.700 2.700 0 0 1 0-5.400zM2.500 16c.3-3 2.300-4.500 5-4.500s4.700 1.500 5 4.500M13 5a2.300 2.300 0 1 1 .5 4.600M14.500 11.500c1.800.4 2.800 2 3 4" />
  ),
  site: <path d="M3 4h14v4H3zM3 12h14v4H3zM6 6h.01M6 14h.01M10 8v4" />,
  sun: (
    <path d="M10 6.500a3.500 3.500 0 1 1 0 7 3.500 3.500 0 0 1 0-7zM10 2v1.500M10 16.500V18M2 10h1.500M16.500 10H18M4.300 4.300l1 1M14.700 14.700l1 1M4.300 15.700l1-1M14.700 5.300l1-1" />
  ),
  moon: <path d="M16 11.500A6.500 6.500 0 0 1 8.500 4a6.500 6.500 0 1 0 7.500 7.500z" />,
  help: (
    <path d="M7.500 7.500a2.500 2.500 0 1 1 3.600 2.300c-.8.400-1.100 1-1.100 1.900M10 14.500h.01M10 2.500a7.500 7.500 0 1 1 0 15 7.500 7.500 0 0 1 0-15z" />
  ),
  fit: <path d="M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4M7 7h6v6H7z" />,
  section: <path d="M3 3h6v14H3zM9 5l8-2v14l-8-2" fill="currentColor" fillOpacity=".15" />,
  ruler: <path d="M3 13 13 3l4 4L7 17zM6 10l1.500 1.500M8 8l2 2M10 6l1.500 1.500" />,
  camera: <path d="M2.500 6h3.500l1.500-2h5L14 6h3.500v10h-15zM10 8a3 3 0 1 1 0 6 3 3 0 0 1 0-6z" />,
  refresh: <path d="M16.500 10a6.500 6.500 0 1 1-2-4.700M16.500 3v3h-3" />,
  check: <path d="M4 10.500 8 14.500 16 5.500" />,
  warn: <path d="M10 3 18 16.500H2zM10 8v4M10 14h.01" />,
  home: <path d="M3 9.500 10 3l7 6.500M5 8v9h10V8" />,
  play: <path d="M6 4v12l10-6z" fill="currentColor" fillOpacity=".3" />,
  stop: <path d="M5 5h10v10H5z" fill="currentColor" fillOpacity=".3" />,
};

/** Other words that services use for the same picture. */
const ALIASES: [RegExp, string][] = [
  [/^(box|cube|block|solid|body|brick)/, 'cuboid'],
  [/extru/, 'extrude'],
  [/revol/, 'revolve'],
  [/^(add|unite|fuse)/, 'union'],
  [/^(sub|cut|difference|minus)/, 'subtract'],
  [/^(intersect|common)/, 'intersect'],
  [/^(move|translat)/, 'translate'],
  [/^(array|repeat|pattern)/, 'pattern'],
  [/^(fillet|round)/, 'blend'],
  [/^(file|upload|step|stl)/, 'import'],
  [/^(grid|mesh|cartesian)/, 'mesh'],
  [/waveguide/, 'waveguide'],
  [/port/, 'port'],
  [/bound/, 'boundaries'],
  [/monitor|probe/, 'monitor'],
  [/solve|start|run/, 'run'],
  [/build|model|hammer|geometry/, 'build'],
  [/param|variable|setting/, 'parameter'],
  [/materi|substance/, 'material'],
  [/unit/, 'units'],
  [/export|download/, 'export'],
  [/smith/, 'smith'],
  [/field/, 'field'],
  [/signal|energy|wave|time/, 'wave'],
  [/plot|series|s-param|chart|curve|result/, 'plot'],
  [/table/, 'table'],
];

export function iconName(name: string, fallback = 'entity'): string {
  const plain = name.toLowerCase().replace(/^.*\./, '');
  if (plain in PATHS) return plain;
  return ALIASES.find(([pattern]) => pattern.test(plain))?.[1] ?? fallback;
}

export function Icon({ name, size = 16, fallback }: { name: string; size?: number; fallback?: string }) {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth={size > 20 ? 1.2 : 1.4}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {PATHS[iconName(name, fallback)]}
    </svg>
  );
}
