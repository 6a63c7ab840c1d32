//! From entities to the kernel's model.

use api::v1::Entity;
use api::{Code, Failure};
use compute::Entities;
use serde::de::DeserializeOwned;
use solid::{Model, Named};

use crate::convert::Kernel;
use crate::kinds::{self, Feature, Filling};

/// A model, and what each of its features says of its filling.
#[derive(Debug)]
pub(crate) struct Read {
    /// The features in the order of their names.
    pub(crate) model: Model,
    /// In the same order.
    pub(crate) fillings: Vec<Filling>,
}

/// The features of a project; `fetch` gives the file of an import.
pub(crate) fn read(
    entities: &Entities,
    fetch: &dyn Fn(&Entity) -> Result<Vec<u8>, Failure>,
) -> Result<Read, Failure> {
    let mut read = Read { model: Model::default(), fillings: Vec::new() };
    for entity in entities.of_kind("modeling.").filter(|e| e.path.starts_with("geometry/")) {
        let reader = Reader { entities, entity, fetch };
        let (feature, keep, filling) = reader.feature()?;
        let name = entity.path.strip_prefix("geometry/").unwrap_or(&entity.path).to_owned();
        read.model.features.push(Named { name, keep, feature });
        read.fillings.push(filling);
    }
    Ok(read)
}

struct Reader<'a> {
    entities: &'a Entities,
    entity: &'a Entity,
    fetch: &'a dyn Fn(&Entity) -> Result<Vec<u8>, Failure>,
}

impl Reader<'_> {
    fn feature(&self) -> Result<(solid::Feature, bool, Filling), Failure> {
        let word = self.entity.kind.strip_prefix("modeling.").unwrap_or_default();
        match word {
            "cuboid" => self.one::<kinds::Cuboid>(),
            "cylinder" => self.one::<kinds::Cylinder>(),
            "cone" => self.one::<kinds::Cone>(),
            "sphere" => self.one::<kinds::Sphere>(),
            "torus" => self.one::<kinds::Torus>(),
            "pyramid" => self.one::<kinds::Pyramid>(),
            "extrusion" => self.one::<kinds::Extrusion>(),
            "revolution" => self.one::<kinds::Revolution>(),
            "import-step" => self.one::<kinds::ImportStep>(),
            "import-stl" => self.one::<kinds::ImportStl>(),
            "add" => self.one::<kinds::Add>(),
            "subtract" => self.one::<kinds::Subtract>(),
            "intersect" => self.one::<kinds::Intersect>(),
            "translate" => self.one::<kinds::Translate>(),
            "rotate" => self.one::<kinds::Rotate>(),
            "scale" => self.one::<kinds::Scale>(),
            "mirror" => self.one::<kinds::Mirror>(),
            "linear-pattern" => self.one::<kinds::LinearPattern>(),
            "circular-pattern" => self.one::<kinds::CircularPattern>(),
            "chamfer" => self.one::<kinds::Chamfer>(),
            "blend" => self.one::<kinds::Blend>(),
            _ => Err(Code::Invalid
                .because(format!("`{}`: there is no kind of feature `{word}`", self.entity.path))),
        }
    }

    fn one<T: DeserializeOwned + Feature + Kernel>(
        &self,
    ) -> Result<(solid::Feature, bool, Filling), Failure> {
        let kind: T = self.entities.typed(self.entity)?;
        let (keep, filling) = (kind.keep(), kind.filling());
        Ok((kind.to_kernel(&|| (self.fetch)(self.entity))?, keep, filling))
    }
}
