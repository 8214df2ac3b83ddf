import { add, inFrame, mirror, solveTwoBones, times, vec, type Vec } from './geometry.ts';
import { isPerson, type Identity, type Species } from './identity.ts';

/**
 * Order of the 17 keypoints, as in AP-10K (arXiv 2108.12617), left and right being the character's own:
 * a person's paws are its hands and feet, and its root of tail is the base of the spine.
 */
export const KEYPOINT_NAMES = [
  'left eye',
  'right eye',
  'nose',
  'neck',
  'root of tail',
  'left shoulder',
  'left elbow',
  'left front paw',
  'right shoulder',
  'right elbow',
  'right front paw',
  'left hip',
  'left knee',
  'left back paw',
  'right hip',
  'right knee',
  'right back paw',
] as const;

/** Lengths in units of the character's height (soles to top of head, without ears). */
export interface Proportions {
  readonly torso: number;
  readonly torsoWidth: number;
  readonly shoulderHalf: number;
  readonly shoulderDrop: number;
  readonly hipHalf: number;
  readonly hipHeight: number;
  readonly armBone: number;
  readonly legBone: number;
  readonly armWidth: number;
  readonly legWidth: number;
  readonly headRadius: number;
  readonly headRise: number;
}

export function proportionsOf(identity: Identity): Proportions {
  const g = identity.girth;
  if (isPerson(identity.species)) {
    const child = identity.species === 'boy' || identity.species === 'girl';
    const head = child ? 0.175 : 0.155;
    return {
      torso: child ? 0.31 : 0.32,
      torsoWidth: 0.125 * g,
      shoulderHalf: 0.105 * g,
      shoulderDrop: 0.045,
      hipHalf: 0.065 * g,
      hipHeight: child ? 0.3 : 0.34,
      armBone: 0.165,
      legBone: child ? 0.135 : 0.155,
      armWidth: 0.075,
      legWidth: 0.092 * g,
      headRadius: head,
      headRise: head * 0.92,
    };
  }
  return {
    torso: 0.31,
    torsoWidth: 0.155 * g,
    shoulderHalf: 0.115 * g,
    shoulderDrop: 0.05,
    hipHalf: 0.085 * g,
    hipHeight: 0.25,
    armBone: 0.165,
    legBone: 0.118,
    armWidth: 0.092,
    legWidth: 0.112 * g,
    headRadius: 0.2,
    headRise: 0.165,
  };
}

export interface LimbTarget {
  readonly at: Vec;
  /** Direction in which the elbow or knee bends. */
  readonly bend: Vec;
}

/** A body's pose in the picture. "Near" is the side turned to the viewer. */
export interface Pose {
  readonly hip: Vec;
  /** Height of the character in picture heights. */
  readonly height: number;
  /** Lean of the spine in radians, positive to the right. */
  readonly lean: number;
  /** Where the character looks: 1 right, −1 left. */
  readonly facing: 1 | -1;
  /** 0 frontal, 1 profile. */
  readonly turn: number;
  /** Extra tilt of the head in radians, positive to the right. */
  readonly headTilt: number;
  /** −1 left … 1 right; where the face points. */
  readonly look: number;
  readonly nearArm: LimbTarget;
  readonly farArm: LimbTarget;
  readonly nearLeg: LimbTarget;
  readonly farLeg: LimbTarget;
  readonly eyes: 'open' | 'closed';
  readonly mouth: 'smile' | 'open' | 'kiss' | 'grim';
}

export interface Limb {
  readonly root: Vec;
  readonly middle: Vec;
  readonly end: Vec;
}

export interface Figure {
  readonly identity: Identity;
  readonly pose: Pose;
  readonly proportions: Proportions;
  readonly up: Vec;
  readonly right: Vec;
  readonly neck: Vec;
  readonly head: Vec;
  readonly headAngle: number;
  readonly headRadius: number;
  readonly nearArm: Limb;
  readonly farArm: Limb;
  readonly nearLeg: Limb;
  readonly farLeg: Limb;
}

/** Turns a pose into joints. Limb targets out of reach are shortened to what the limb reaches. */
export function solveFigure(identity: Identity, pose: Pose): Figure {
  const p = proportionsOf(identity);
  const h = pose.height;
  const up = vec(Math.sin(pose.lean), -Math.cos(pose.lean));
  const right = vec(Math.cos(pose.lean), Math.sin(pose.lean));
  const neck = add(pose.hip, times(up, p.torso * h));
  const headAngle = pose.lean * 0.6 + pose.headTilt;
  const headUp = vec(Math.sin(headAngle), -Math.cos(headAngle));
  const head = inFrame(neck, right, headUp, pose.facing * pose.turn * 0.035 * h, p.headRise * h);
  const open = (1 - 0.72 * pose.turn) * pose.facing * h;
  const shoulder = add(neck, times(up, -p.shoulderDrop * h));
  const limb = (root: Vec, target: LimbTarget, bone: number): Limb => ({
    root,
    ...solveTwoBones(root, target.at, bone * h, target.bend),
  });
  return {
    identity,
    pose,
    proportions: p,
    up,
    right,
    neck,
    head,
    headAngle,
    headRadius: p.headRadius * h,
    nearArm: limb(add(shoulder, times(right, -p.shoulderHalf * open)), pose.nearArm, p.armBone),
    farArm: limb(add(shoulder, times(right, p.shoulderHalf * open)), pose.farArm, p.armBone),
    nearLeg: limb(add(pose.hip, times(right, -p.hipHalf * open)), pose.nearLeg, p.legBone),
    farLeg: limb(add(pose.hip, times(right, p.hipHalf * open)), pose.farLeg, p.legBone),
  };
}

/** A point of the head's own frame: x to the right, y down, in head radii. */
export function headPoint(figure: Figure, x: number, y: number): Vec {
  const c = Math.cos(figure.headAngle) * figure.headRadius;
  const s = Math.sin(figure.headAngle) * figure.headRadius;
  return vec(figure.head.x + x * c - y * s, figure.head.y + x * s + y * c);
}

export const EYE_X = 0.41;
/** Eyes sit on the face, a frog's on top of its head. */
export const eyeHeight = (species: Species): number => (species === 'frog' ? -0.78 : -0.06);
/** How far the face moves over the head at full look, in head radii. */
export const FACE_SHIFT = 0.42;

/** The 17 keypoints in the order of {@link KEYPOINT_NAMES}, in picture coordinates. */
export function keypointsOf(figure: Figure): Vec[] {
  const { pose } = figure;
  const shift = pose.look * FACE_SHIFT;
  const squeeze = 1 - 0.2 * Math.abs(pose.look);
  const eyeY = eyeHeight(figure.identity.species);
  const tail = add(
    pose.hip,
    times(figure.right, -pose.facing * pose.turn * figure.proportions.torsoWidth * pose.height * 0.9),
  );
  // Facing right shows the character's own right side.
  const rightIsNear = pose.facing === 1;
  const [leftArm, rightArm] = rightIsNear ? [figure.farArm, figure.nearArm] : [figure.nearArm, figure.farArm];
  const [leftLeg, rightLeg] = rightIsNear ? [figure.farLeg, figure.nearLeg] : [figure.nearLeg, figure.farLeg];
  const joints = (limb: Limb): Vec[] => [limb.root, limb.middle, limb.end];
  return [
    headPoint(figure, EYE_X * squeeze + shift, eyeY),
    headPoint(figure, -EYE_X * squeeze + shift, eyeY),
    headPoint(figure, shift * 1.25, 0.2),
    figure.neck,
    tail,
    ...joints(leftArm),
    ...joints(rightArm),
    ...joints(leftLeg),
    ...joints(rightLeg),
  ];
}

const mirrorTarget = (target: LimbTarget): LimbTarget => ({
  at: mirror(target.at),
  bend: vec(-target.bend.x, target.bend.y),
});

/** The pose seen in a vertical mirror at the picture's middle. */
export function mirrorPose(pose: Pose): Pose {
  return {
    ...pose,
    hip: mirror(pose.hip),
    lean: -pose.lean,
    facing: pose.facing === 1 ? -1 : 1,
    headTilt: -pose.headTilt,
    look: -pose.look,
    nearArm: mirrorTarget(pose.nearArm),
    farArm: mirrorTarget(pose.farArm),
    nearLeg: mirrorTarget(pose.nearLeg),
    farLeg: mirrorTarget(pose.farLeg),
  };
}
