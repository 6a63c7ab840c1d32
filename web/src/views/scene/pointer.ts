// Pointer, wheel and keys over the 3-D view.
import type { SceneRenderer } from './renderer';

export interface Handlers {
  click: (x: number, y: number, event: PointerEvent) => void;
  /** The right button, without a drag. */
  menu: (x: number, y: number, event: PointerEvent) => void;
  hover: (x: number, y: number) => void;
  leave: () => void;
}

/** Makes the canvas answer to the pointer, until the returned function is called. */
export function control(scene: SceneRenderer, handlers: Handlers): () => void {
  const { canvas, orbit } = scene;
  let drag: { x: number; y: number; pan: boolean; moved: number } | undefined;
  let hoverFrame = 0;
  const place = (event: MouseEvent): [number, number] => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const down = (event: PointerEvent) => {
    canvas.setPointerCapture(event.pointerId);
    canvas.focus({ preventScroll: true });
    drag = { x: event.clientX, y: event.clientY, pan: event.button !== 0 || event.shiftKey, moved: 0 };
  };
  const move = (event: PointerEvent) => {
    if (!drag) {
      cancelAnimationFrame(hoverFrame);
      const [x, y] = place(event);
      hoverFrame = requestAnimationFrame(() => handlers.hover(x, y));
      return;
    }
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    drag = { ...drag, x: event.clientX, y: event.clientY, moved: drag.moved + Math.abs(dx) + Math.abs(dy) };
    if (drag.moved < 4) return;
    if (drag.pan) orbit.pan(dx / canvas.clientHeight, -dy / canvas.clientHeight);
    else orbit.orbit(dx * 0.4, dy * 0.4);
    scene.moved();
  };
  const up = (event: PointerEvent) => {
    const still = drag && drag.moved < 4;
    drag = undefined;
    if (still && event.button === 0) handlers.click(...place(event), event);
    if (still && event.button === 2) handlers.menu(...place(event), event);
  };
  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    const [x, y] = place(event);
    const { clientWidth: width, clientHeight: height } = canvas;
    const step = Math.max(-1, Math.min(1, event.deltaY / 100));
    orbit.zoom(1.18 ** step, (x - width / 2) / height, (height / 2 - y) / height);
    scene.moved();
  };
  // The browser asks for a menu also after a drag, or before it: what opens one is a button that comes up still.
  const menu = (event: Event) => event.preventDefault();
  canvas.addEventListener('pointerdown', down);
  canvas.addEventListener('pointermove', move);
  canvas.addEventListener('pointerup', up);
  canvas.addEventListener('pointerleave', handlers.leave);
  canvas.addEventListener('wheel', wheel, { passive: false });
  canvas.addEventListener('contextmenu', menu);
  return () => {
    cancelAnimationFrame(hoverFrame);
    canvas.removeEventListener('pointerdown', down);
    canvas.removeEventListener('pointermove', move);
    canvas.removeEventListener('pointerup', up);
    canvas.removeEventListener('pointerleave', handlers.leave);
    canvas.removeEventListener('wheel', wheel);
    canvas.removeEventListener('contextmenu', menu);
  };
}
