//! From what people write to a version.

use super::Project;
use crate::objects::Decoded;
use crate::{Error, Hash, Result, VersionId};

impl Project {
    /// The version that a text names: a branch, a tag, a hash or its first
    /// four or more digits, each with `~n` (the n-th first parent) or `^n`
    /// (the n-th parent) behind it as often as wanted. `branch/x` and `tag/x`
    /// say which is meant; else a branch goes before a tag, a tag before a
    /// hash.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Ambiguous`], [`Error::BadName`].
    pub async fn resolve(&self, name: &str) -> Result<VersionId> {
        let end = name.find(['~', '^']).unwrap_or(name.len());
        let mut version = self.resolve_start(&name[..end]).await?;
        let mut rest = &name[end..];
        while let Some(mark) = rest.chars().next() {
            let tail = &rest[mark.len_utf8()..];
            let digits = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
            let number = match &tail[..digits] {
                "" => 1,
                text => text.parse::<usize>().map_err(|_| bad(name))?,
            };
            version = match mark {
                '~' => self.ancestor(name, version, number).await?,
                '^' => self.parent(name, version, number).await?,
                _ => return Err(bad(name)),
            };
            rest = &tail[digits..];
        }
        Ok(version)
    }

    async fn ancestor(&self, name: &str, mut version: VersionId, steps: usize) -> Result<VersionId> {
        for _ in 0..steps {
            version = self.parent(name, version, 1).await?;
        }
        Ok(version)
    }

    async fn parent(&self, name: &str, version: VersionId, number: usize) -> Result<VersionId> {
        if number == 0 {
            return Ok(version);
        }
        let parents = &self.objects.version(version).await?.parents;
        parents.get(number - 1).copied().ok_or_else(|| Error::not_found("version", name))
    }

    async fn resolve_start(&self, name: &str) -> Result<VersionId> {
        let labelled = name.starts_with("branch/") || name.starts_with("tag/");
        let candidates = [format!("branch/{name}"), format!("tag/{name}"), name.to_owned()];
        for candidate in candidates.iter().take(if labelled { 3 } else { 2 }) {
            if let Some(version) = self.backend().get_ref(self.name(), candidate).await? {
                return Ok(version);
            }
        }
        let hex = name.len() >= 4 && name.len() <= 64 && name.bytes().all(|c| c.is_ascii_hexdigit());
        if hex {
            return self.short(&name.to_ascii_lowercase()).await;
        }
        Err(Error::not_found("version, branch or tag", name))
    }

    /// The only version whose hash starts with `digits`.
    async fn short(&self, digits: &str) -> Result<VersionId> {
        let from: Hash = format!("{digits:0<64}").parse()?;
        // Sixteen bits leave few objects even of a large project.
        let listed = self.backend().list_objects(self.name(), from, 4096).await?;
        let fitting: Vec<Hash> =
            listed.into_iter().take_while(|hash| hash.to_string().starts_with(digits)).collect();
        let found = self.objects.get(&fitting, false).await?;
        let versions: Vec<Hash> = fitting
            .iter()
            .zip(found)
            .filter(|(_, object)| matches!(object, Some(Decoded::Version(_))))
            .map(|(hash, _)| *hash)
            .collect();
        match versions.as_slice() {
            [only] => Ok(*only),
            [] => Err(Error::not_found("version", digits)),
            many => Err(Error::Ambiguous { name: digits.to_owned(), count: many.len() }),
        }
    }
}

fn bad(name: &str) -> Error {
    Error::bad_name("version", name, "write a branch, tag or hash, then `~n` or `^n`")
}
