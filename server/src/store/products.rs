//! The managed list of vaccines as the rules want it.

use super::{StoreError, WorkerTx};
use domain::codes::{AgeBounds, AgeGroup, CodeLists, Country};
use domain::dates::Days;
use domain::party::TargetGroup;
use domain::vaccine::{Hpk, Vaccine, VaccineId};
use time::Date;
use uuid::Uuid;

/// Code lists of a day.
#[derive(Debug, Clone)]
pub struct Products {
    lists: CodeLists,
    /// The decisions that keep the names of the party, in their order.
    kept_by: Vec<Uuid>,
}

impl Products {
    /// Reads the lists that hold on a day.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn load(tx: &mut WorkerTx<'_>, today: Date) -> Result<Self, StoreError> {
        let builtin = CodeLists::builtin();
        let rows = sqlx::query!(
            r#"SELECT v.id, v.name, v.eu_number, v.doses, v.min_interval_days, v.first_use, v.valid_to AS last_use,
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
                    last_use: row.last_use,
                })
            })
            .collect();
        let (start, abroad) = starts(tx, &builtin, today).await?;
        let lists = CodeLists::new(vaccines, start, abroad)
            .with_groups(groups(tx, today).await?)
            .with_age_bounds(ages(tx).await?);
        let kept_by = Vec::new();
        Ok(Self { lists, kept_by })
    }

    /// The same with names that one party uses for products: (the decision that keeps it, its name, the product, the days of the
    /// jabs), the first that holds before the others.
    #[must_use]
    pub fn with_names(self, names: &[(Uuid, String, String, Days)]) -> Self {
        let kept_by = names.iter().map(|(id, ..)| *id).collect();
        let names = names
            .iter()
            .map(|(_, name, product, days)| (name.as_str(), product.as_str(), *days));
        Self {
            lists: self.lists.with_names(names),
            kept_by,
        }
    }

    /// The decision that keeps the name by which a text was read as this product, of a jab of this day; `None` when the lists call
    /// it so themselves.
    #[must_use]
    pub fn read_by(&self, text: &str, day: Date, product: VaccineId) -> Option<Uuid> {
        let place = self.lists.own_name(text, day, product)?;
        self.kept_by.get(place).copied()
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

/// First day of vaccination in the Netherlands, and elsewhere.
async fn starts(
    tx: &mut WorkerTx<'_>,
    builtin: &CodeLists,
    today: Date,
) -> Result<(Date, Date), StoreError> {
    let rows = sqlx::query!(
        "SELECT key, value FROM settings WHERE key IN ('campaign_start', 'campaign_start_abroad')"
    )
    .fetch_all(&mut **tx)
    .await?;
    let day = |key: &str| {
        let row = rows.iter().find(|row| row.key == key)?;
        domain::dates::parse_full(row.value.as_str()?, today.year()).ok()
    };
    let start = day("campaign_start").unwrap_or_else(|| builtin.campaign_start(Country::NL));
    let abroad = day("campaign_start_abroad").or_else(|| {
        let elsewhere = Country::parse("BE")?;
        Some(builtin.campaign_start(elsewhere))
    });
    Ok((start, abroad.unwrap_or(start)))
}

/// Target groups of a day, with what they mean, in their order.
async fn groups(
    tx: &mut WorkerTx<'_>,
    today: Date,
) -> Result<Vec<(TargetGroup, String)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT code, meaning FROM target_groups WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to >= $1) ORDER BY place",
        today
    )
    .fetch_all(&mut **tx)
    .await?;
    let groups = rows.into_iter();
    let groups = groups.filter_map(|row| Some((TargetGroup::parse(&row.code)?, row.meaning)));
    Ok(groups.collect())
}

/// Where the age groups start.
async fn ages(tx: &mut WorkerTx<'_>) -> Result<AgeBounds, StoreError> {
    let rows = sqlx::query!("SELECT code, first_age FROM age_groups")
        .fetch_all(&mut **tx)
        .await?;
    let mut bounds = AgeBounds::default();
    for row in rows {
        if let (Some(group), Ok(first)) = (AgeGroup::parse(&row.code), u8::try_from(row.first_age))
        {
            bounds = bounds.with(group, first);
        }
    }
    Ok(bounds)
}
