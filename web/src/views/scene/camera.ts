// A camera that turns around a point with z upwards: where it looks from, how much it shows, and the moves of
// pointer, wheel and keys.
import { OrthographicCamera, PerspectiveCamera, Vector3 } from 'three';
import type { Standpoint } from '../../shell/workspace/kept';

export interface View {
  /** Degrees about z, and above the xy-plane. */
  azimuth: number;
  elevation: number;
}

/** How far from a model, by its size, and how close to it a camera that was left can stand to be of use. */
const ASTRAY = 3;
const SCALES = [1e-4, 50] as const;

export const SIDES: Record<string, View> = {
  front: { azimuth: -90, elevation: 0 },
  back: { azimuth: 90, elevation: 0 },
  left: { azimuth: 180, elevation: 0 },
  right: { azimuth: 0, elevation: 0 },
  top: { azimuth: -90, elevation: 90 },
  bottom: { azimuth: -90, elevation: -90 },
  corner: { azimuth: -55, elevation: 28 },
};

const FIELD_OF_VIEW = 30;
const DEGREE = Math.PI / 180;

export class Orbit {
  readonly target = new Vector3();
  view: View = { ...(SIDES.corner as View) };
  /** Half of the height that is shown at the target. */
  half = 1;
  perspective = false;
  private radius = 1;
  private readonly orthographic = new OrthographicCamera();
  private readonly eye = new PerspectiveCamera(FIELD_OF_VIEW);

  get standpoint(): Standpoint {
    return { ...this.view, half: this.half, target: this.target.toArray() };
  }

  /** Stands where it stood before, unless that has nothing to do with what is in this box; says whether it does. */
  stand(at: Standpoint, min: Vector3, max: Vector3): boolean {
    const size = min.distanceTo(max);
    const target = new Vector3(...at.target);
    const astray = target.distanceTo(min.clone().add(max).multiplyScalar(0.5)) > ASTRAY * size;
    if (astray || at.half < size * SCALES[0] || at.half > size * SCALES[1]) return false;
    this.view = { azimuth: at.azimuth, elevation: Math.max(-90, Math.min(90, at.elevation)) };
    this.half = at.half;
    this.target.copy(target);
    return true;
  }

  /** The camera as it stands now, for a canvas of this shape. */
  camera(aspect: number): OrthographicCamera | PerspectiveCamera {
    const direction = this.direction();
    const distance = this.perspective
      ? this.half / Math.tan((FIELD_OF_VIEW * DEGREE) / 2)
      : this.radius * 4 + this.half * 4;
    const camera = this.perspective ? this.eye : this.orthographic;
    camera.position.copy(this.target).addScaledVector(direction, distance);
    camera.up.copy(this.upwards());
    camera.lookAt(this.target);
    if (camera instanceof OrthographicCamera) {
      camera.left = -this.half * aspect;
      camera.right = this.half * aspect;
      camera.top = this.half;
      camera.bottom = -this.half;
      camera.near = 0;
    } else {
      camera.aspect = aspect;
      camera.near = Math.max(distance - this.radius * 3, distance * 0.001);
    }
    camera.far = distance + this.radius * 6;
    camera.updateProjectionMatrix();
    camera.updateMatrixWorld();
    return camera;
  }

  /** From the target to the eye. */
  direction(): Vector3 {
    const { azimuth, elevation } = this.view;
    const flat = Math.cos(elevation * DEGREE);
    return new Vector3(
      flat * Math.cos(azimuth * DEGREE),
      flat * Math.sin(azimuth * DEGREE),
      Math.sin(elevation * DEGREE),
    );
  }

  private upwards(): Vector3 {
    const { azimuth, elevation } = this.view;
    const rise = -Math.sin(elevation * DEGREE);
    return new Vector3(
      rise * Math.cos(azimuth * DEGREE),
      rise * Math.sin(azimuth * DEGREE),
      Math.cos(elevation * DEGREE),
    );
  }

  orbit(right: number, up: number): void {
    this.view = {
      azimuth: this.view.azimuth - right,
      elevation: Math.max(-90, Math.min(90, this.view.elevation + up)),
    };
  }

  /** Moves by parts of the shown height. */
  pan(right: number, up: number): void {
    const upwards = this.upwards();
    const across = new Vector3().crossVectors(upwards, this.direction());
    this.target.addScaledVector(across, -right * 2 * this.half).addScaledVector(upwards, -up * 2 * this.half);
  }

  /** Zooms, keeping what is under the pointer; the place in parts of the height from the middle. */
  zoom(factor: number, right: number, up: number): void {
    const before = this.half;
    this.half = Math.max(this.radius * SCALES[0], Math.min(this.radius * SCALES[1], this.half * factor));
    const change = 1 - this.half / before;
    this.pan(-right * change * (before / this.half), -up * change * (before / this.half));
  }

  look(side: string): void {
    const view = SIDES[side];
    if (view) this.view = { ...view };
  }

  /** Shows all of a box, as large as the present direction allows. */
  fit(min: Vector3, max: Vector3, aspect: number): void {
    this.target.addVectors(min, max).multiplyScalar(0.5);
    const upwards = this.upwards();
    const across = new Vector3().crossVectors(upwards, this.direction());
    let half = 1e-9;
    for (let corner = 0; corner < 8; corner += 1) {
      const arm = new Vector3(corner & 1 ? max.x : min.x, corner & 2 ? max.y : min.y, corner & 4 ? max.z : min.z).sub(
        this.target,
      );
      half = Math.max(half, Math.abs(arm.dot(upwards)), Math.abs(arm.dot(across)) / aspect);
    }
    // Nearer corners look larger in perspective.
    this.half = half * (this.perspective ? 1.3 : 1.12);
  }

  setRadius(radius: number): void {
    this.radius = Math.max(radius, 1e-9);
  }
}
