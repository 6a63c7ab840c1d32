//! What can go wrong, in words for the person who drew the model.

use crate::ffi::Trouble;

/// Why a model gave no bodies, or a body no file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// Two features have the same name.
    #[error("two features are named '{0}': rename one of them")]
    DuplicateName(String),
    /// A feature has no name.
    #[error("feature {0} of the list has an empty name: give it one")]
    NoName(usize),
    /// A feature uses a name that no feature has.
    #[error(
        "feature '{feature}' uses '{reference}', which does not exist: name one of the other \
         features ({available})"
    )]
    UnknownReference {
        /// The feature that refers.
        feature: String,
        /// The name that it refers to.
        reference: String,
        /// Names that exist.
        available: String,
    },
    /// Features use each other in a ring.
    #[error("features use each other in a ring ({}): let one of them use another shape", .0.join(" → "))]
    Cycle(Vec<String>),
    /// Two features consume the same shape.
    #[error(
        "shape '{shape}' is consumed by '{first}' and by '{second}': set `keep: true` on one of \
         the two, or use the result of the other"
    )]
    ConsumedTwice {
        /// The shape that is used up.
        shape: String,
        /// The first consumer, in the order of the list.
        first: String,
        /// The second.
        second: String,
    },
    /// A feature names the same shape twice.
    #[error("feature '{feature}' names '{reference}' twice: name each shape once")]
    RepeatedReference {
        /// The feature that refers.
        feature: String,
        /// The name that it gives twice.
        reference: String,
    },
    /// A feature could not be built.
    #[error("feature '{name}' ({kind}): {fault}")]
    Feature {
        /// Its name.
        name: String,
        /// Its kind, as [`crate::Feature::kind`] tells it.
        kind: &'static str,
        /// What is wrong with it.
        #[source]
        fault: Fault,
    },
    /// A body could not be measured, divided into triangles or written.
    #[error("body: {0}")]
    Body(#[source] Fault),
    /// The caller asked to stop.
    #[error("the modelling was cancelled")]
    Cancelled,
}

/// What is wrong with one feature.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Fault {
    /// A parameter has a value that the feature cannot have.
    #[error("{parameter} is {value}: {rule}")]
    Parameter {
        /// Its name.
        parameter: &'static str,
        /// Its value.
        value: String,
        /// What it must be.
        rule: &'static str,
    },
    /// The result holds nothing.
    #[error("nothing is left: {0}")]
    Empty(&'static str),
    /// Copies that were to stay apart overlap.
    #[error("copies {0} and {1} overlap: set `unite`, or move them further apart")]
    Overlap(usize, usize),
    /// No edge is where one was pointed at.
    #[error(
        "no edge is near the point ({}, {}, {}) m: the nearest is {distance:.3e} m away; point at \
         the middle of the edge", .point[0], .point[1], .point[2]
    )]
    NoEdge {
        /// The point, m.
        point: [f64; 3],
        /// Distance to the nearest edge, m.
        distance: f64,
    },
    /// An edge cannot be rounded.
    #[error(
        "the edge at ({}, {}, {}) m is not a corner between two faces: point at another edge",
        .0[0], .0[1], .0[2]
    )]
    NoCorner([f64; 3]),
    /// The body has no edge that could be rounded.
    #[error("the shape has no edge with a corner: there is nothing to round")]
    NoCorners,
    /// Rounding the edges failed.
    #[error("{size} m does not fit on the chosen edges ({reason}): make it smaller or choose fewer edges")]
    NoRoom {
        /// The radius or distance, m.
        size: f64,
        /// The kernel's reason.
        reason: String,
    },
    /// A file could not be understood.
    #[error("the {format} file cannot be read: {reason}")]
    File {
        /// Its format.
        format: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A surface has holes.
    #[error("the surface is not closed: {edges} open edges, one at ({}, {}, {}) m; close it where it was made", .at[0], .at[1], .at[2])]
    Open {
        /// Number of edges with one facet.
        edges: usize,
        /// The middle of one of them, m.
        at: [f64; 3],
    },
    /// Facets meet by more than two at an edge.
    #[error("the surface is not a solid's: {edges} edges have more than two facets, one at ({}, {}, {}) m; separate the parts that touch there", .at[0], .at[1], .at[2])]
    NonManifold {
        /// Number of such edges.
        edges: usize,
        /// The middle of one of them, m.
        at: [f64; 3],
    },
    /// Facets cross each other.
    #[error("the surface crosses itself: {pairs} pairs of facets, one at ({}, {}, {}) m; repair it where it was made", .at[0], .at[1], .at[2])]
    SelfIntersecting {
        /// Number of pairs.
        pairs: usize,
        /// The middle of one of the facets, m.
        at: [f64; 3],
    },
    /// A surface without an inside.
    #[error("the surface has only one side (like a Möbius strip): repair it where it was made")]
    OneSided,
    /// More than the kernel can work with.
    #[error("{what}: {count} is more than the {limit} that are possible; use fewer")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// OpenCASCADE could not do it.
    #[error("OpenCASCADE could not build it: {0}; change the numbers a little or build it in another way")]
    Kernel(String),
    /// The caller asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Failed(reason) => Self::Kernel(reason),
            Trouble::Cancelled => Self::Cancelled,
        }
    }
}

impl Error {
    /// The error of a feature; a wish to stop is nobody's fault.
    pub(crate) fn of(name: &str, kind: &'static str, fault: Fault) -> Self {
        match fault {
            Fault::Cancelled => Self::Cancelled,
            fault => Self::Feature { name: name.to_owned(), kind, fault },
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Cancelled => Self::Cancelled,
            fault => Self::Body(fault),
        }
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        Fault::from(trouble).into()
    }
}
