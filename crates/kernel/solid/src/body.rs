//! Bodies: what a model evaluates to.

use base::progress::Progress;

use crate::bounds::Bounds;
use crate::error::Error;
use crate::ffi::{self, Properties, Shape, Trouble};
use crate::mesh::{Mesh, Quality, triangles};
use crate::scale::{area_outward, inward, point_outward, volume_outward};
use crate::snap;
use crate::step::write_step;

/// The bodies of a model, in the order of its features.
#[derive(Debug, Default)]
pub struct Solids {
    bodies: Vec<(String, Body)>,
}

impl Solids {
    pub(crate) fn new(bodies: Vec<(String, Body)>) -> Self {
        Self { bodies }
    }

    /// The body of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Body> {
        self.iter().find(|(n, _)| *n == name).map(|(_, body)| body)
    }

    /// All bodies with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Body)> {
        self.bodies.iter().map(|(name, body)| (name.as_str(), body))
    }

    /// The bodies with their names, by value.
    #[must_use]
    pub fn into_bodies(self) -> Vec<(String, Body)> {
        self.bodies
    }

    /// Number of bodies.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bodies.len()
    }

    /// True for a model without features.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bodies.is_empty()
    }

    /// The box around all bodies; `None` where there are none.
    #[must_use]
    pub fn bounding_box(&self) -> Option<BoundingBox> {
        let all = self.iter().map(|(_, body)| body.bounding_box());
        all.reduce(|a, b| {
            let (a, b) = (Bounds { min: a.min, max: a.max }, Bounds { min: b.min, max: b.max });
            let Bounds { min, max } = a.union(b);
            BoundingBox { min, max }
        })
    }
}

/// The smallest box parallel to the axes around something, m.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundingBox {
    /// Smallest coordinates.
    pub min: [f64; 3],
    /// Largest coordinates.
    pub max: [f64; 3],
}

/// A solid, a sheet, or several of them under one name; immutable.
#[derive(Debug)]
pub struct Body {
    shape: Shape,
    measure: Properties,
}

impl Body {
    pub(crate) fn new(shape: Shape) -> Result<Self, Trouble> {
        let measure = shape.measure()?;
        Ok(Self { shape, measure })
    }

    /// Volume by exact integration over the boundary, m³; 0 for a sheet.
    #[must_use]
    pub fn volume(&self) -> f64 {
        volume_outward(self.measure.volume)
    }

    /// Area of the boundary, or of the one side of a sheet, m².
    #[must_use]
    pub fn area(&self) -> f64 {
        area_outward(self.measure.area)
    }

    /// The box around it, m.
    #[must_use]
    pub fn bounding_box(&self) -> BoundingBox {
        BoundingBox { min: point_outward(self.measure.min), max: point_outward(self.measure.max) }
    }

    /// True where it has faces but no inside.
    #[must_use]
    pub fn is_sheet(&self) -> bool {
        self.measure.solids == 0
    }

    /// Number of separate solids.
    #[must_use]
    pub fn solid_count(&self) -> usize {
        self.measure.solids as usize
    }

    /// Triangles on the boundary.
    ///
    /// # Errors
    /// A quality out of range, a face that cannot be divided, [`Error::Cancelled`].
    pub fn tessellate(&self, quality: &Quality, progress: &dyn Progress) -> Result<Mesh, Error> {
        triangles(&self.shape, self.kernel_bounds().diagonal(), quality, progress)
    }

    /// For each axis the coordinates that mesh lines should meet, m, ascending: planes normal to
    /// the axis, ends of straight edges parallel to an axis, and the bounding box.
    ///
    /// # Errors
    /// OpenCASCADE's, when it cannot describe a face or an edge.
    pub fn snap_coordinates(&self) -> Result<[Vec<f64>; 3], Error> {
        Ok(snap::coordinates(&self.faces()?, &self.edges()?, &self.bounding_box()))
    }

    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Its faces; [`Mesh::face_of_triangle`] counts them in this order.
    ///
    /// # Errors
    /// OpenCASCADE's, when it cannot describe one.
    pub fn faces(&self) -> Result<Vec<Face>, Error> {
        let faces = self.shape.faces()?;
        Ok(faces.iter().map(Face::from_kernel).collect())
    }

    /// Its edges; [`Mesh::edges`] counts them in this order.
    ///
    /// # Errors
    /// OpenCASCADE's, when it cannot describe one.
    pub fn edges(&self) -> Result<Vec<Edge>, Error> {
        let edges = self.shape.edges()?;
        Ok(edges.iter().map(Edge::from_kernel).collect())
    }

    /// A STEP file of this body alone; see [`write_step`].
    ///
    /// # Errors
    /// OpenCASCADE's, when it cannot write it.
    pub fn to_step(&self, name: &str) -> Result<Vec<u8>, Error> {
        write_step(&[(name, self)])
    }

    fn kernel_bounds(&self) -> Bounds {
        Bounds { min: self.measure.min, max: self.measure.max }
    }
}

/// What surface a face lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaceKind {
    /// A plane.
    Plane,
    /// A circular cylinder.
    Cylinder,
    /// A circular cone.
    Cone,
    /// A sphere.
    Sphere,
    /// A torus.
    Torus,
    /// Anything else.
    Other,
}

/// A face, to be picked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Face {
    /// Its surface.
    pub kind: FaceKind,
    /// Its area, m².
    pub area: f64,
    /// Centre of mass of a planar face; the middle by parameters of a curved one. m.
    pub center: [f64; 3],
    /// Outward unit normal at the centre.
    pub normal: [f64; 3],
}

impl Face {
    fn from_kernel(face: &ffi::Face) -> Self {
        let kind = match face.kind {
            0 => FaceKind::Plane,
            1 => FaceKind::Cylinder,
            2 => FaceKind::Cone,
            3 => FaceKind::Sphere,
            4 => FaceKind::Torus,
            _ => FaceKind::Other,
        };
        Self {
            kind,
            area: area_outward(face.area),
            center: point_outward(face.center),
            // Adding zero turns -0 into 0.
            normal: face.normal.map(|x| x + 0.0),
        }
    }
}

/// What curve an edge lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeKind {
    /// A straight line.
    Line,
    /// A circle or an arc of one.
    Circle,
    /// An ellipse or an arc of one.
    Ellipse,
    /// Any other curve.
    Other,
    /// No curve: the pole of a sphere, the apex of a cone.
    Pole,
}

/// An edge, to be picked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// Its curve.
    pub kind: EdgeKind,
    /// True where two faces meet in a corner; such edges can be chamfered and blended.
    pub corner: bool,
    /// Its length, m.
    pub length: f64,
    /// One end, m.
    pub start: [f64; 3],
    /// The middle by parameter: the point to pick it by. m.
    pub middle: [f64; 3],
    /// The other end, m.
    pub end: [f64; 3],
}

impl Edge {
    fn from_kernel(edge: &ffi::Edge) -> Self {
        let kind = match edge.kind {
            0 => EdgeKind::Line,
            1 => EdgeKind::Circle,
            2 => EdgeKind::Ellipse,
            4 => EdgeKind::Pole,
            _ => EdgeKind::Other,
        };
        Self {
            kind,
            corner: edge.faces == 2 && edge.smooth == 0,
            length: edge.length / inward(1.0),
            start: point_outward(edge.start),
            middle: point_outward(edge.middle),
            end: point_outward(edge.end),
        }
    }
}
