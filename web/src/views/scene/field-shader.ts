// The shaders that turn a field into colours. Phase, range and colours are uniforms: an animation changes one number
// a frame and no vertex.
import { DataTexture, DoubleSide, LinearFilter, type Plane, RGBAFormat, ShaderMaterial, type Texture } from 'three';
import { type ColourMap, colourTable, type Show } from '../../model/data/field';

export interface Look {
  show: Show;
  map: ColourMap;
  decibels: number;
  /** Radians; absent for the amplitude. */
  phase: number | undefined;
  low: number;
  high: number;
}

/** Uniforms that all objects of a field share. */
export class FieldUniforms {
  readonly table = { value: undefined as Texture | undefined };
  readonly range = { value: [0, 1, 0] };
  readonly instant = { value: false };
  readonly turn = { value: [1, 0] };
  readonly component = { value: 0 };
  private map: ColourMap | undefined;

  set(look: Look): void {
    this.range.value = [look.low, look.high, look.decibels];
    this.instant.value = look.phase !== undefined;
    this.turn.value = [Math.cos(look.phase ?? 0), Math.sin(look.phase ?? 0)];
    this.component.value = ['magnitude', 'x', 'y', 'z'].indexOf(look.show);
    if (look.map === this.map) return;
    this.map = look.map;
    this.table.value?.dispose();
    const texture = new DataTexture(new Uint8Array(colourTable(look.map)), 256, 1, RGBAFormat);
    texture.minFilter = LinearFilter;
    texture.magFilter = LinearFilter;
    texture.needsUpdate = true;
    this.table.value = texture;
  }

  all() {
    const { table, range, instant, turn, component } = this;
    return { table, range, instant, turn, component };
  }

  dispose(): void {
    this.table.value?.dispose();
  }
}

const COMMON = `
  uniform sampler2D table;
  uniform vec3 range;
  uniform bool instant;
  uniform vec2 turn;
  uniform int component;
  // The vector at an instant; re and im are those of a phasor, im is zero for what is real.
  vec3 momentary(vec3 re, vec3 im) { return re * turn.x - im * turn.y; }
  float valueOf(vec3 re, vec3 im) {
    vec3 now = momentary(re, im);
    if (component == 0) return instant ? length(now) : sqrt(dot(re, re) + dot(im, im));
    int at = component - 1;
    return instant ? now[at] : length(vec2(re[at], im[at]));
  }
  // Where a value is on the scale, from 0 to 1.
  float shareOf(float value) {
    if (range.z > 0.0) {
      float top = max(abs(range.x), abs(range.y));
      return clamp(1.0 + 20.0 * log(max(abs(value), 1e-30) / top) / log(10.0) / range.z, 0.0, 1.0);
    }
    return clamp((value - range.x) / (range.y - range.x), 0.0, 1.0);
  }
  vec3 colourOf(float share) { return texture2D(table, vec2((share * 255.0 + 0.5) / 256.0, 0.5)).rgb; }
`;

/** Colours between vertices that have the field as attributes. */
export function planeMaterial(uniforms: FieldUniforms): ShaderMaterial {
  return new ShaderMaterial({
    side: DoubleSide,
    uniforms: uniforms.all(),
    vertexShader: `
      attribute vec3 re;
      attribute vec3 im;
      varying vec3 vRe;
      varying vec3 vIm;
      void main() {
        vRe = re;
        vIm = im;
        gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
      }`,
    fragmentShader: `
      ${COMMON}
      varying vec3 vRe;
      varying vec3 vIm;
      void main() { gl_FragColor = vec4(colourOf(shareOf(valueOf(vRe, vIm))), 1.0); }`,
    polygonOffset: true,
    // Before the faces and sheets that it lies on.
    polygonOffsetFactor: -3,
    polygonOffsetUnits: -16,
  });
}

export interface VolumeTextures {
  re: Texture;
  im: Texture;
  /** Where even places along x, y and z are among the points. */
  warp: Texture;
  min: [number, number, number];
  max: [number, number, number];
  /** What a value of 1 in the textures means. */
  unit: number;
  /** How far outward of a surface the field is taken, m: at a conductor's surface itself it is half inside. */
  outward: number;
}

/** Where a place is among the points of a volume, from 0 to 1 along each axis. */
const AMONG = `
  uniform sampler2D warp;
  uniform vec3 low;
  uniform vec3 high;
  float amongAxis(float share, int axis) {
    float at = clamp(share, 0.0, 1.0) * 1023.0;
    int before = int(floor(at));
    return mix(texelFetch(warp, ivec2(before, 0), 0)[axis], texelFetch(warp, ivec2(min(before + 1, 1023), 0), 0)[axis], at - floor(at));
  }
  vec3 among(vec3 place) {
    vec3 share = (place - low) / (high - low);
    return vec3(amongAxis(share.x, 0), amongAxis(share.y, 1), amongAxis(share.z, 2));
  }
`;

/**
 * Paints surfaces with the field of a volume. In the plain way, for frames of a view that moves on a slow computer, the
 * place among the points is found at the corners of triangles, and the nearest point stands for what is between.
 */
export function surfaceMaterial(
  uniforms: FieldUniforms,
  volume: VolumeTextures,
  planes: Plane[],
  plain: boolean,
): ShaderMaterial {
  return new ShaderMaterial({
    defines: plain ? { PLAIN: '' } : {},
    side: DoubleSide,
    clipping: true,
    clippingPlanes: planes,
    polygonOffset: true,
    polygonOffsetFactor: 1,
    polygonOffsetUnits: 1,
    uniforms: {
      ...uniforms.all(),
      volumeRe: { value: volume.re },
      volumeIm: { value: volume.im },
      warp: { value: volume.warp },
      low: { value: volume.min },
      high: { value: volume.max },
      unit: { value: volume.unit },
      outward: { value: volume.outward },
    },
    vertexShader: `
      #include <clipping_planes_pars_vertex>
      ${AMONG}
      uniform float outward;
      varying vec3 vPlace;
      varying vec3 vNormal;
      void main() {
        #include <begin_vertex>
        #include <project_vertex>
        #include <clipping_planes_vertex>
        vNormal = normalize(normalMatrix * normal);
        vPlace = (modelMatrix * vec4(position, 1.0)).xyz + outward * normalize(mat3(modelMatrix) * normal);
        #ifdef PLAIN
          vPlace = among(vPlace);
        #endif
      }`,
    fragmentShader: `
      precision highp sampler3D;
      ${COMMON}
      ${AMONG}
      #include <clipping_planes_pars_fragment>
      uniform sampler3D volumeRe;
      uniform sampler3D volumeIm;
      uniform float unit;
      varying vec3 vPlace;
      varying vec3 vNormal;
      void main() {
        #include <clipping_planes_fragment>
        #ifdef PLAIN
          ivec3 last = textureSize(volumeRe, 0) - 1;
          ivec3 at = clamp(ivec3(vPlace * vec3(last + 1)), ivec3(0), last);
          vec3 re = texelFetch(volumeRe, at, 0).xyz;
          vec3 im = texelFetch(volumeIm, at, 0).xyz;
        #else
          vec3 at = among(vPlace);
          vec3 re = texture(volumeRe, at).xyz;
          vec3 im = texture(volumeIm, at).xyz;
        #endif
        vec3 colour = colourOf(shareOf(unit * valueOf(re, im)));
        // A little light, so that the shape is seen; the colours still can be read off.
        float light = 0.8 + 0.2 * abs(normalize(vNormal).z);
        gl_FragColor = vec4(colour * light, 1.0);
      }`,
  });
}

/** Arrows along the vectors of their instances. */
export function arrowMaterial(uniforms: FieldUniforms, length: number): ShaderMaterial {
  return new ShaderMaterial({
    uniforms: { ...uniforms.all(), size: { value: length } },
    vertexShader: `
      ${COMMON}
      attribute vec3 place;
      attribute vec3 re;
      attribute vec3 im;
      uniform float size;
      varying vec3 vColour;
      varying float vLight;
      void main() {
        // The amplitude has no direction: arrows show the instant of the phase, zero where none is chosen.
        vec3 now = momentary(re, im);
        float strength = length(now);
        float share = shareOf(valueOf(re, im));
        float signless = range.z > 0.0 ? share : clamp(strength / max(abs(range.x), abs(range.y)), 0.0, 1.0);
        vec3 along = strength > 0.0 ? now / strength : vec3(0.0, 0.0, 1.0);
        vec3 other = abs(along.z) < 0.9 ? vec3(0.0, 0.0, 1.0) : vec3(1.0, 0.0, 0.0);
        vec3 side = normalize(cross(other, along));
        mat3 turned = mat3(side, cross(along, side), along);
        float extent = signless < 0.01 ? 0.0 : size * (0.3 + 0.7 * sqrt(signless));
        vec3 at = place + turned * (position * extent);
        vColour = colourOf(share);
        vLight = 0.72 + 0.28 * abs(normalize(normalMatrix * (turned * normal)).z);
        gl_Position = projectionMatrix * viewMatrix * vec4(at, 1.0);
      }`,
    fragmentShader: `
      varying vec3 vColour;
      varying float vLight;
      void main() { gl_FragColor = vec4(vColour * vLight, 1.0); }`,
  });
}
