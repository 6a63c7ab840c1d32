import { type ReactNode, useState } from 'react';

/** A place that files can be dropped on. */
export function DropZone({
  className,
  drop,
  children,
}: {
  className: string;
  drop: (file: File) => void;
  children: ReactNode;
}) {
  const [dragged, setDragged] = useState(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is the mouse's way; the same is in menus and dialogs
    <div
      className={`${className} ${dragged ? 'dragged' : ''}`}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return;
        event.preventDefault();
        setDragged(true);
      }}
      onDragLeave={() => setDragged(false)}
      onDrop={(event) => {
        setDragged(false);
        if (event.dataTransfer.files.length === 0) return;
        event.preventDefault();
        for (const file of event.dataTransfer.files) drop(file);
      }}
    >
      {children}
    </div>
  );
}
