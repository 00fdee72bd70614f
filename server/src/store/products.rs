//! The managed list of vaccines as the rules want it.

use super::{StoreError, WorkerTx};
use domain::codes::CodeLists;
use domain::vaccine::{Hpk, Vaccine, VaccineId};
use time::Date;

/// Code lists of a day.
#[derive(Debug, Clone)]
pub struct Products {
    lists: CodeLists,
}

impl Products {
    /// Reads the lists that hold on a day.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn load(tx: &mut WorkerTx<'_>, today: Date) -> Result<Self, StoreError> {
        let builtin = CodeLists::builtin();
        let rows = sqlx::query!(
            r#"SELECT v.id, v.name, v.eu_number, v.doses, v.min_interval_days, v.first_use,
                      ARRAY(SELECT h.hpk FROM vaccine_hpk h WHERE h.vaccine = v.id AND h.valid_from <= $1
                            AND (h.valid_to IS NULL OR h.valid_to >= $1)) AS "hpk!: Vec<String>",
                      ARRAY(SELECT a.alias FROM vaccine_aliases a WHERE a.vaccine = v.id AND a.valid_from <= $1
                            AND (a.valid_to IS NULL OR a.valid_to >= $1)) AS "aliases!: Vec<String>"
               FROM vaccines v ORDER BY v.id"#,
            today
        )
        .fetch_all(&mut **tx)
        .await?;
        let vaccines = rows
            .into_iter()
            .filter_map(|row| {
                Some(Vaccine {
                    id: Self::id(row.id)?,
                    name: row.name,
                    hpk: row.hpk.iter().filter_map(|code| Hpk::parse(code)).collect(),
                    eu_number: row.eu_number,
                    aliases: row.aliases,
                    doses: u8::try_from(row.doses).unwrap_or(1),
                    min_days: row
                        .min_interval_days
                        .and_then(|days| u16::try_from(days).ok()),
                    first_use: row.first_use,
                })
            })
            .collect();
        let setting =
            sqlx::query_scalar!("SELECT value FROM settings WHERE key = 'campaign_start'")
                .fetch_optional(&mut **tx)
                .await?;
        let start = setting
            .and_then(|value| domain::dates::parse_full(value.as_str()?, today.year()).ok())
            .unwrap_or_else(|| builtin.campaign_start(domain::codes::Country::NL));
        let abroad = domain::codes::Country::parse("BE")
            .map_or(start, |country| builtin.campaign_start(country));
        Ok(Self {
            lists: CodeLists::new(vaccines, start, abroad),
        })
    }

    /// The same with names that one party uses for products: (its name, the product).
    #[must_use]
    pub fn with_names(self, names: &[(String, String)]) -> Self {
        let names = names
            .iter()
            .map(|(name, product)| (name.as_str(), product.as_str()));
        Self {
            lists: self.lists.with_names(names),
        }
    }

    /// What the rules know.
    #[must_use]
    pub const fn lists(&self) -> &CodeLists {
        &self.lists
    }

    /// The number of a product in the database.
    #[must_use]
    pub fn number(id: VaccineId) -> i16 {
        i16::try_from(id.0).unwrap_or(i16::MAX)
    }

    /// The product of a number of the database.
    #[must_use]
    pub fn id(number: i16) -> Option<VaccineId> {
        u16::try_from(number).ok().map(VaccineId)
    }

    /// The name people see.
    #[must_use]
    pub fn name(&self, number: i16) -> String {
        Self::id(number)
            .and_then(|id| self.lists.vaccine(id))
            .map(|vaccine| vaccine.name.clone())
            .unwrap_or_default()
    }
}
